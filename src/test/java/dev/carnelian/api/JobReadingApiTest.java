package dev.carnelian.api;

import static dev.carnelian.queue.TestQueue.ACME;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carnelian.access.Scope;
import dev.carnelian.api.Client.Answer;
import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobContext.LogLevel;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.JobId;
import dev.carnelian.queue.Outcome;
import dev.carnelian.queue.Report;
import dev.carnelian.queue.Reports;
import dev.carnelian.queue.TestQueue;
import io.dropwizard.testing.ConfigOverride;
import io.dropwizard.testing.junit5.DropwizardAppExtension;
import io.dropwizard.testing.junit5.DropwizardExtensionsSupport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(DropwizardExtensionsSupport.class)
class JobReadingApiTest {
    // A wait must outlast the time after which an idle connection is closed.
    private static final DropwizardAppExtension<TestService.Settings> SERVICE =
            JobsService.extension(ConfigOverride.config("server.applicationConnectors[0].idleTimeout", "1s"));

    private static final JobFailure BROKEN = JobFailure.retryable("broken", "it broke");

    private TestQueue test;
    private Client client;

    @BeforeEach
    void connect() {
        JobsService service = SERVICE.getApplication();
        test = service.test();
        client = new Client(
                SERVICE.getLocalPort(), service.newKey(ACME, Scope.JOBS_READ, Scope.JOBS_WRITE, Scope.JOBS_PAYLOAD));
    }

    @Test
    void theTagChangesWithWhatIsShown() throws Exception {
        JobId id = create();
        List<String> tags = new ArrayList<>();
        tags.add(tag(id));
        String run = Objects.requireNonNull(test.start(id));
        tags.add(tag(id));
        report(id, run, 10);
        tags.add(tag(id));
        report(id, run, 20);
        tags.add(tag(id));

        assertThat(tags).doesNotHaveDuplicates().allMatch(tag -> tag.startsWith("\""));
        Answer same = client.get("/jobs/" + id, "If-None-Match", "\"old\", " + tag(id));
        assertThat(same.status()).isEqualTo(304);
        assertThat(same.http().body()).isEmpty();
        assertThat(same.header("ETag")).isEqualTo(tags.get(3));
        assertThat(client.get("/jobs/" + id, "If-None-Match", tags.get(2)).status())
                .isEqualTo(200);
    }

    @Test
    void aRetryIsPendingAndSaysWhy() {
        JobId id = create();
        test.fail(id, Duration.ofMinutes(3));

        Answer answer = client.get("/jobs/" + id);

        assertThat(answer.data().path("status").asText()).isEqualTo("pending");
        assertThat(answer.data().at("/statusReason/code").asText()).isEqualTo("retrying");
        assertThat(answer.data().at("/statusReason/message").asText()).isEqualTo("Attempt 1 failed: it broke");
        assertThat(answer.data().path("nextAttemptAt").isTextual()).isTrue();
        assertThat(answer.data().path("attempt").asInt()).isEqualTo(1);
        assertThat(answer.header("Retry-After")).isEqualTo("60");
    }

    @Test
    void aFailedJobIsAnAnswerNotAnError() {
        JobId id = create();
        test.fail(id, null);

        Answer answer = client.get("/jobs/" + id);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().path("error").isNull()).isTrue();
        assertThat(answer.data().path("status").asText()).isEqualTo("failed");
        assertThat(answer.data().at("/result/error/code").asText()).isEqualTo("broken");
        assertThat(answer.header("Retry-After")).isEmpty();
    }

    @Test
    void aWaitEndsWithTheJob() {
        JobId id = create();
        CompletableFuture<Answer> waiting = CompletableFuture.supplyAsync(() -> client.get("/jobs/" + id + "?wait=60"));
        CompletableFuture<Answer> preferring =
                CompletableFuture.supplyAsync(() -> client.get("/jobs/" + id, "Prefer", "respond-async, wait=60"));
        test.start(id);
        test.jdbi()
                .useHandle(handle -> handle.execute(
                        "UPDATE jobs SET status = 'completed', final_status = 'completed', completed_at = now(),"
                                + " result = '{}' WHERE id = ?",
                        id.value()));

        assertThat(waiting.orTimeout(10, TimeUnit.SECONDS)
                        .join()
                        .data()
                        .path("status")
                        .asText())
                .isEqualTo("completed");
        assertThat(preferring.orTimeout(10, TimeUnit.SECONDS).join().header("Preference-Applied"))
                .isEqualTo("wait=60");
    }

    @Test
    void aWaitEndsWithItsTimeAndOutlastsAnIdleConnection() {
        JobId id = create();
        long begun = System.nanoTime();

        Answer answer = client.get("/jobs/" + id + "?wait=3");

        assertThat(answer.data().path("status").asText()).isEqualTo("pending");
        assertThat(Duration.ofNanos(System.nanoTime() - begun))
                .isBetween(Duration.ofMillis(2_900), Duration.ofSeconds(9));
        assertThat(answer.header("Retry-After")).isNotEmpty();
    }

    @Test
    void aJobIsShownWithItsAttemptsAndItemsOnDemand() throws Exception {
        JobId id = create();
        String run = Objects.requireNonNull(test.start(id));
        report(id, run, 50);

        Answer answer = client.get("/jobs/" + id + "?expand=attempts,items");

        assertThat(answer.data().at("/attempts/0/outcome").asText()).isEqualTo("running");
        assertThat(answer.data().at("/items/1/error/code").asText()).isEqualTo("encrypted");
        assertThat(answer.data().path("progress").asInt()).isEqualTo(50);
        assertThat(answer.data().at("/progressDetail/total").asInt()).isEqualTo(100);
        assertThat(client.get("/jobs/" + id + "/attempts").data()).hasSize(1);
        Answer items = client.get("/jobs/" + id + "/items?limit=1");
        assertThat(items.data().at("/0/outcome").asText()).isEqualTo("succeeded");
        String next = items.json().at("/page/nextCursor").asText();
        Answer rest = client.get("/jobs/" + id + "/items?limit=1&cursor=" + next);
        assertThat(rest.data().at("/0/name").asText()).isEqualTo("b.pdf");
        assertThat(rest.json().at("/page/hasMore").asBoolean(true)).isFalse();
        assertThat(client.get("/jobs/" + id + "/items?status=failed").data()).hasSize(1);
        assertThat(client.get("/jobs/" + id + "/logs").data().at("/0/message").asText())
                .isEqualTo("begun");
    }

    @Test
    void aRerunOfFailedItemsSaysSo() throws Exception {
        JobId id = create();
        String run = Objects.requireNonNull(test.start(id));
        report(id, run, 50);
        test.finish(id, run, new Outcome.Completed("{}", Report.empty(id, run, 1)));

        Answer rerun = client.post("/jobs/" + id + "/rerun", "{\"only\":\"failed_items\"}");

        assertThat(rerun.status()).isEqualTo(201);
        assertThat(rerun.data().path("only").asText()).isEqualTo("failed_items");
        Answer read = client.get("/jobs/" + rerun.id());
        assertThat(read.data().path("only").asText()).isEqualTo("failed_items");
        assertThat(read.data().path("originalJobId").asText()).isEqualTo(id.toString());
        assertThat(client.get("/jobs/" + id).data().has("only")).isFalse();
        assertThat(client.get("/jobs/" + id + "/items?status=succeeded").data().findValuesAsText("name"))
                .containsExactly("a.pdf");
    }

    @Test
    void logLinesAreThoseOfAllAttemptsOrOfOne() throws Exception {
        JobId id = create();
        for (int attempt = 1; attempt <= 2; attempt++) {
            String run = Objects.requireNonNull(test.start(id));
            Report.Line line = new Report.Line(Instant.now(), LogLevel.INFO, "attempt " + attempt);
            new Reports(test.jdbi())
                    .write(List.of(new Report(id, run, attempt, null, null, List.of(), List.of(line, line))));
            test.finish(
                    id,
                    run,
                    new Outcome.Failed(BROKEN, "{}", attempt == 1 ? Duration.ZERO : null, Report.empty(id, run, 1)));
        }

        String logs = "/jobs/" + id + "/logs";
        assertThat(messages(client.get(logs))).containsExactly("attempt 1", "attempt 1", "attempt 2", "attempt 2");
        Answer page = client.get(logs + "?attempt=2&limit=1");
        assertThat(messages(page)).containsExactly("attempt 2");
        String cursor = page.json().at("/page/nextCursor").asText();
        assertThat(messages(client.get(logs + "?attempt=2&cursor=" + cursor))).containsExactly("attempt 2");
        assertThat(client.get(logs + "?attempt=1&cursor=" + cursor).code()).isEqualTo("cursor_mismatch");
        assertThat(messages(client.get(logs + "?attempt=3"))).isEmpty();
    }

    private static List<String> messages(Answer logs) {
        return logs.data().findValuesAsText("message");
    }

    @Test
    void pagesOfAListFollowEachOther() {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            expected.add(
                    0,
                    client.post("/jobs", "{\"type\":\"empty\",\"labels\":{\"batch\":\"b1\"}}")
                            .id());
        }

        List<String> read = new ArrayList<>();
        String cursor = "";
        do {
            Answer page = client.get("/jobs?label.batch=b1&limit=2" + cursor);
            read.addAll(page.data().findValuesAsText("id"));
            cursor = page.json().at("/page/hasMore").asBoolean()
                    ? "&cursor=" + page.json().at("/page/nextCursor").asText()
                    : "";
        } while (!cursor.isEmpty());

        assertThat(read).containsExactlyElementsOf(expected);
    }

    @Test
    void aCursorIsGoodForItsOwnListOnly() {
        create();
        create();
        String cursor =
                client.get("/jobs?limit=1").json().at("/page/nextCursor").asText();

        assertThat(client.get("/jobs?limit=1&cursor=" + cursor).status()).isEqualTo(200);
        assertThat(client.get("/jobs?limit=1&type=empty&cursor=" + cursor).code())
                .isEqualTo("cursor_mismatch");
        assertThat(client.get("/jobs?cursor=garbage").code()).isEqualTo("invalid_parameter");
        String forged =
                new String(Base64.getUrlDecoder().decode(cursor), UTF_8).replaceFirst("20\\d\\d-", "-999999999-");
        String encoded = Base64.getUrlEncoder().withoutPadding().encodeToString(forged.getBytes(UTF_8));
        assertThat(client.get("/jobs?limit=1&cursor=" + encoded).code()).isEqualTo("invalid_parameter");
    }

    @ParameterizedTest
    @CsvSource({
        "/jobs?limit=0, limit",
        "/jobs?limit=1e1, limit",
        "/jobs?limit=1&limit=2, limit",
        "/jobs?status=done, status",
        "/jobs?createdAfter=yesterday, createdAfter",
        "/jobs?rootJobId=1, rootJobId",
        "/jobs?statsu=failed, statsu",
        "/jobs?batchId=1, batchId",
        "/jobs?ids=1&status=failed, ids",
        "/jobs/@?wait=61, wait",
        "/jobs/@?wait=-1, wait",
        "/jobs/@?expand=all, expand",
        "/jobs/@/items?status=ok, status",
        "/jobs/@/logs?cursor=x, ",
        "/jobs/@/logs?attempt=0, attempt",
    })
    void aParameterThatCannotBeReadIsNamed(String path, @Nullable String parameter) {
        Answer answer = client.get(path.replace("@", create().toString()));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.code()).isEqualTo("invalid_parameter");
        if (parameter != null) {
            assertThat(answer.fields()).containsExactly(parameter);
        }
    }

    @Test
    void typesSayWhatTheyTake() {
        Answer list = client.get("/job-types");
        Answer one = client.get("/job-types/reading");

        assertThat(list.data().findValuesAsText("name")).contains("reading", "empty");
        assertThat(one.data().at("/inputSchema/properties/depth/maximum").asInt())
                .isEqualTo(9);
        assertThat(one.data().at("/inputSchema/required/0").asText()).isEqualTo("documents");
        assertThat(one.data()
                        .at("/inputSchema/$defs/Source/properties/url/pattern")
                        .asText())
                .isEqualTo("https?://.+");
        assertThat(one.data()
                        .at("/resultSchema/properties/documentsProcessed/type")
                        .asText())
                .isEqualTo("integer");
        assertThat(one.data().at("/defaults/maxAttempts").asInt()).isEqualTo(5);
        assertThat(one.data().has("p50Ms")).isFalse();
        assertThat(client.get("/job-types/nope").code()).isEqualTo("job_type_not_found");
    }

    @Test
    void theDescriptionSpeaksAsTheRoutesDo() {
        Answer description = client.get("/openapi.json");

        assertThat(description.json().at("/paths/~1jobs~1{id}/get/responses/200/content/application~1json/schema/$ref"))
                .hasToString("\"#/components/schemas/JobEnvelope\"");
        assertThat(description
                        .json()
                        .at("/components/schemas/JobView/properties/status/enum/0")
                        .asText())
                .isEqualTo("pending");
        assertThat(description
                        .json()
                        .at("/components/schemas/CreateJob/properties")
                        .has("webhook"))
                .isFalse();
    }

    @Test
    void theDescriptionHasTheSchemasOfAllTypes() {
        JsonNode parts = client.get("/openapi.json").json().at("/components/schemas");

        assertThat(parts.at("/reading.input/properties/depth/maximum").asInt()).isEqualTo(9);
        assertThat(parts.at("/reading.input/properties/documents/items/$ref").asText())
                .isEqualTo("#/components/schemas/reading.input.Source");
        assertThat(parts.at("/reading.input.Source/properties/url/pattern").asText())
                .isEqualTo("https?://.+");
        assertThat(parts.at("/empty.result/properties/errors/type").asText()).isEqualTo("integer");
        assertThat(parts.at("/CreateJob/properties/input/anyOf").findValuesAsText("$ref"))
                .containsExactly("#/components/schemas/reading.input", "#/components/schemas/empty.input");
        assertThat(parts.at("/JobView/properties/result/anyOf")).hasSize(3);
    }

    @Test
    void nodesSayWhetherTheyAreAlive() {
        test.jdbi().useHandle(handle -> handle.execute("""
                        INSERT INTO nodes VALUES ('a', 'server', 'up', '0.1.0', 4, 1, now(), now()),
                            ('b', 'worker', 'draining', '0.1.0', 4, 0, now(), now() - interval '1 minute')"""));

        Answer answer = client.get("/nodes");

        assertThat(answer.data().findValuesAsText("id")).containsExactly("a", "b");
        assertThat(answer.data().at("/0/live").asBoolean()).isTrue();
        assertThat(answer.data().at("/1/live").asBoolean(true)).isFalse();
        assertThat(answer.data().at("/0/workerThreads").asInt()).isEqualTo(4);
    }

    private String tag(JobId id) {
        return client.get("/jobs/" + id).header("ETag");
    }

    private void report(JobId id, String run, int percent) throws Exception {
        Report report = new Report(
                id,
                run,
                1,
                new Report.Progress(percent, percent, 100, 1, "reading"),
                null,
                List.of(
                        ItemOutcome.succeeded(0, "a.pdf"),
                        ItemOutcome.failed(1, "b.pdf", JobFailure.permanent("encrypted", "needs a password"))),
                List.of(new Report.Line(Instant.now(), LogLevel.INFO, "begun")));
        new Reports(test.jdbi()).write(List.of(report));
    }

    private JobId create() {
        return JobId.parse(client.post("/jobs", "{\"type\":\"empty\"}").id()).orElseThrow();
    }
}
