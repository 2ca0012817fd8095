package dev.carnelian.api;

import static dev.carnelian.queue.TestQueue.ACME;
import static dev.carnelian.queue.TestQueue.OTHER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.access.Scope;
import dev.carnelian.api.Client.Answer;
import dev.carnelian.job.JobId;
import dev.carnelian.queue.TestQueue;
import io.dropwizard.testing.junit5.DropwizardAppExtension;
import io.dropwizard.testing.junit5.DropwizardExtensionsSupport;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(DropwizardExtensionsSupport.class)
class JobsApiTest {
    private static final DropwizardAppExtension<TestService.Settings> SERVICE = JobsService.extension();
    private static final String EMPTY = "{\"type\":\"empty\"}";

    private TestQueue test;
    private Client acme;
    private Client reader;
    private Client other;

    @BeforeEach
    void connect() {
        JobsService service = SERVICE.getApplication();
        test = service.test();
        int port = SERVICE.getLocalPort();
        acme = new Client(port, service.newKey(ACME, Scope.JOBS_READ, Scope.JOBS_WRITE, Scope.JOBS_PAYLOAD));
        reader = new Client(port, service.newKey(ACME, Scope.JOBS_READ));
        other = new Client(port, service.newKey(OTHER, Scope.ADMIN));
    }

    @Test
    void aNewJobIsShownWithTheSeedsFieldsFirst() {
        Answer created = acme.post("/jobs", EMPTY);

        assertThat(created.status()).isEqualTo(201);
        assertThat(created.header("Location")).endsWith("/v1/api/jobs/" + created.id());
        assertThat(created.header("ETag")).isNotEmpty();
        assertThat(created.header("Content-Length"))
                .isEqualTo(String.valueOf(created.http().body().length()));
        assertThat(created.json().fieldNames()).toIterable().containsExactly("data", "error");
        assertThat(created.data().fieldNames())
                .toIterable()
                .startsWith("id", "type", "status", "progress", "result", "createdAt", "completedAt", "rootJobId");
        assertThat(created.data().path("status").asText()).isEqualTo("pending");
        assertThat(created.data().path("progress").asInt(-1)).isZero();
        assertThat(created.data().path("result").isNull()).isTrue();
        assertThat(created.data().path("createdAt").asText()).matches("[0-9T:-]{19}(\\.[0-9]{3})?Z");
        assertThat(created.data().path("completedAt").isNull()).isTrue();
        assertThat(created.data().has("originalJobId")).isFalse();
        assertThat(acme.get("/jobs/" + created.id()).data().path("status").asText())
                .isEqualTo("pending");
    }

    @Test
    void inputAndResultAreGivenBackAsTheyCame() {
        String input = "{\"documents\":[{\"url\":\"https://a.example/\"}],\"weight\":1.10}";
        String id = acme.post("/jobs", "{\"type\":\"reading\",\"input\":" + input + "}")
                .id();
        test.complete(JobId.parse(id).orElseThrow(), "{\"documentsProcessed\": 50, \"ratio\": 0.10}");

        Answer answer = acme.get("/jobs/" + id);

        assertThat(answer.http().body()).contains(input).contains("{\"documentsProcessed\": 50, \"ratio\": 0.10}");
        assertThat(answer.data().path("progress").asInt()).isEqualTo(100);
        assertThat(answer.data().path("durationMs").isIntegralNumber()).isTrue();
        assertThat(reader.get("/jobs/" + id).data().has("input")).isFalse();
        assertThat(acme.get("/jobs?ids=" + id).data().get(0).has("input")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"type\":\"unheard\"} | 422 | unknown_job_type | type",
                "{} | 422 | validation_failed | type",
                "{\"type\":\"empty\",\"status\":\"completed\"} | 422 | validation_failed | status",
                "{\"type\":\"empty\",\"tenantId\":\"x\"} | 422 | validation_failed | tenantId",
                "{\"type\":\"empty\",\"webhook\":{}} | 422 | validation_failed | webhook",
                "{\"type\":\"empty\",\"uniqueKey\":\"a\"} | 422 | validation_failed | uniqueKey",
                "{\"type\":\"empty\",\"priority\":101} | 422 | validation_failed | priority",
                "{\"type\":\"empty\",\"maxAttempts\":26} | 422 | validation_failed | maxAttempts",
                "{\"type\":\"empty\",\"timeoutSeconds\":0} | 422 | validation_failed | timeoutSeconds",
                "{\"type\":\"empty\",\"retentionSeconds\":1} | 422 | validation_failed | retentionSeconds",
                "{\"type\":\"empty\",\"queue\":\"Über\"} | 422 | validation_failed | queue",
                "{\"type\":\"empty\",\"labels\":{\"a\":5}} | 422 | validation_failed | labels.a",
                "{\"type\":\"empty\",\"labels\":{\"\":\"b\"}} | 422 | validation_failed | labels.",
                "{\"type\":\"empty\",\"backoff\":{\"jitter\":2}} | 422 | validation_failed | backoff.jitter",
                "{\"type\":\"empty\",\"backoff\":{\"initialSeconds\":9,\"maxSeconds\":1}} | 422 | validation_failed | backoff.maxSeconds",
                "{\"type\":\"empty\",\"delaySeconds\":1,\"scheduledAt\":\"2030-01-01T00:00:00Z\"} | 422 | validation_failed | delaySeconds",
                "{\"type\":\"empty\",\"uniqueKey\":\"a\"} | 422 | validation_failed | uniqueKey",
                "{\"type\":\"empty\",\"dependsOn\":[]} | 422 | validation_failed | dependsOn",
                "{\"type\":\"empty\",\"input\":[]} | 422 | validation_failed | input",
                "{\"type\":\"empty\",\"input\":{\"more\":1}} | 422 | validation_failed | input.more",
                "{\"type\":\"empty\",\"input\":{\"note\":\"\\u0000\"}} | 422 | validation_failed | input.note",
                "{\"type\":\"reading\"} | 422 | validation_failed | input.documents",
                "{\"type\":\"reading\",\"input\":{\"documents\":[{\"url\":\"x\"}]}} | 422 | validation_failed | input.documents[0].url",
                "{\"type\":\"reading\",\"input\":{\"documents\":[{\"url\":7}]}} | 422 | validation_failed | input.documents[0].url",
                "{\"type\":\"empty\",\"type\":\"empty\"} | 400 | malformed_json |",
            })
    void aWrongJobIsRefusedAndNothingIsStored(String body, int status, String code, String field) {
        int before = test.count("jobs");

        Answer answer = acme.post("/jobs", body, "Idempotency-Key", "wrong-" + body.hashCode());

        assertThat(answer.status()).as(answer.http().body()).isEqualTo(status);
        assertThat(answer.code()).isEqualTo(code);
        if (field != null) {
            assertThat(answer.fields()).containsExactly(field);
        }
        assertThat(test.count("jobs")).isEqualTo(before);
    }

    /** It is another thread that says so. */
    @Test
    void aJobThatCouldNotBeStoredIsAnsweredUnderTheIdOfItsRequest() {
        test.jdbi().useHandle(handle -> handle.execute("ALTER TABLE test_triggers RENAME TO gone"));
        Answer failed;
        try {
            failed = acme.post("/jobs", EMPTY, "X-Request-Id", "req-1");
        } finally {
            test.jdbi().useHandle(handle -> handle.execute("ALTER TABLE gone RENAME TO test_triggers"));
        }

        assertThat(failed.status()).isEqualTo(500);
        assertThat(failed.code()).isEqualTo("internal");
        assertThat(failed.json().at("/error/requestId").asText()).isEqualTo("req-1");
        assertThat(failed.header("X-Request-Id")).isEqualTo("req-1");
        assertThat(acme.post("/jobs", EMPTY).status()).isEqualTo(201);
    }

    @Test
    void anInputOverTheLimitIsTooLarge() {
        String note = "x".repeat(256 * 1024);

        Answer answer = acme.post("/jobs", "{\"type\":\"empty\",\"input\":{\"note\":\"" + note + "\"}}");

        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.code()).isEqualTo("payload_too_large");
    }

    @Test
    void whatIsOnlyValidatedIsNotStored() {
        int before = test.count("jobs");

        Answer answer = acme.post("/jobs?validateOnly=true", EMPTY);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.data().path("maxAttempts").asInt()).isEqualTo(5);
        assertThat(acme.post("/jobs?validateOnly=true", "{\"type\":\"reading\"}")
                        .status())
                .isEqualTo(422);
        assertThat(test.count("jobs")).isEqualTo(before);
    }

    @Test
    void aScheduledJobSaysUntilWhenItWaits() {
        Answer answer = acme.post("/jobs", "{\"type\":\"empty\",\"scheduledAt\":\"2100-01-01T00:00:00Z\"}");

        assertThat(answer.data().path("status").asText()).isEqualTo("pending");
        assertThat(answer.data().at("/statusReason/code").asText()).isEqualTo("scheduled");
        assertThat(answer.data().at("/statusReason/until").asText()).isEqualTo("2100-01-01T00:00:00Z");
        assertThat(acme.get("/jobs/" + answer.id()).header("Retry-After")).isEqualTo("60");
    }

    @Test
    void twelveRepeatsAtOnceMakeOneJob() throws Exception {
        int before = test.count("jobs");
        ExecutorService callers = Executors.newFixedThreadPool(12);
        List<Future<Answer>> answers = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            answers.add(callers.submit(() -> acme.post("/jobs", EMPTY, "Idempotency-Key", "twelve")));
        }

        Set<String> ids = new HashSet<>();
        for (Future<Answer> future : answers) {
            Answer answer = future.get();
            if (answer.status() == 201) {
                ids.add(answer.id());
            } else {
                assertThat(answer.code()).isEqualTo("idempotency_in_progress");
                assertThat(answer.status()).isEqualTo(409);
                assertThat(answer.header("Retry-After")).isEqualTo("1");
            }
        }
        callers.shutdown();

        assertThat(ids).hasSize(1);
        assertThat(test.count("jobs")).isEqualTo(before + 1);
    }

    @Test
    void aRepeatIsToldTheFirstAnswerAndAnotherBodyIsRefused() {
        Answer first = acme.post("/jobs", EMPTY, "Idempotency-Key", "k1");
        test.complete(JobId.parse(first.id()).orElseThrow(), "{}");

        Answer again = acme.post("/jobs", "{ \"type\" : \"empty\" }", "Idempotency-Key", "k1");

        assertThat(again.http().body()).isEqualTo(first.http().body());
        assertThat(again.status()).isEqualTo(201);
        assertThat(again.header("Location")).isEqualTo(first.header("Location"));
        assertThat(again.header("ETag")).isEqualTo(first.header("ETag"));
        assertThat(again.header("Idempotency-Replayed")).isEqualTo("true");
        Answer another = acme.post("/jobs", "{\"type\":\"empty\",\"priority\":1}", "Idempotency-Key", "k1");
        assertThat(another.status()).isEqualTo(422);
        assertThat(another.code()).isEqualTo("idempotency_key_reused");
        assertThat(acme.post("/jobs", EMPTY, "Idempotency-Key", "white space").code())
                .isEqualTo("idempotency_key_invalid");
        assertThat(other.post("/jobs", EMPTY, "Idempotency-Key", "k1").header("Idempotency-Replayed"))
                .isEmpty();
    }

    @Test
    void aRerunIsALinkedNewJob() {
        String first = create();
        test.complete(JobId.parse(first).orElseThrow(), "{}");

        Answer second = acme.post("/jobs/" + first + "/rerun");
        test.complete(JobId.parse(second.id()).orElseThrow(), "{}");
        Answer third = acme.post(
                "/jobs/" + second.id() + "/rerun",
                "{\"input\":{\"note\":\"again\"},\"priority\":7}",
                "Idempotency-Key",
                "rerun");

        assertThat(second.status()).isEqualTo(201);
        assertThat(second.header("Location")).endsWith("/jobs/" + second.id());
        assertThat(second.data().path("originalJobId").asText()).isEqualTo(first);
        assertThat(second.data().path("status").asText()).isEqualTo("pending");
        assertThat(third.data().path("originalJobId").asText()).isEqualTo(second.id());
        assertThat(third.data().path("rootJobId").asText()).isEqualTo(first);
        assertThat(third.data().path("priority").asInt()).isEqualTo(7);
        assertThat(acme.get("/jobs/" + third.id()).data().at("/input/note").asText())
                .isEqualTo("again");
        assertThat(ids(acme.get("/jobs?rootJobId=" + first))).containsExactly(third.id(), second.id(), first);
    }

    @Test
    void whatCannotBeRerunOrCancelledOrDeletedIsAConflict() {
        String pending = create();
        String completed = create();
        test.complete(JobId.parse(completed).orElseThrow(), "{}");
        String cancelled = create();
        acme.post("/jobs/" + cancelled + "/cancel");

        assertThat(acme.post("/jobs/" + pending + "/rerun").code()).isEqualTo("job_not_rerunnable");
        assertThat(acme.post("/jobs/" + cancelled + "/rerun").status()).isEqualTo(409);
        assertThat(acme.post("/jobs/" + cancelled + "/rerun", "{\"allowCancelled\":true}")
                        .status())
                .isEqualTo(201);
        assertThat(acme.post("/jobs/" + completed + "/rerun", "{\"only\":\"failed_items\"}")
                        .code())
                .isEqualTo("job_not_rerunnable");
        assertThat(acme.post("/jobs/" + completed + "/rerun", "{\"only\":\"failed\"}")
                        .fields())
                .containsExactly("only");
        assertThat(acme.post("/jobs/" + completed + "/rerun", "{\"input\":{\"nope\":1}}")
                        .fields())
                .containsExactly("input.nope");
        assertThat(acme.post("/jobs/" + completed + "/cancel").code()).isEqualTo("job_not_cancellable");
        assertThat(acme.delete("/jobs/" + pending).code()).isEqualTo("job_active");
        assertThat(acme.delete("/jobs/" + completed).data().path("deleted").asBoolean())
                .isTrue();
        assertThat(acme.get("/jobs/" + completed).code()).isEqualTo("job_not_found");
    }

    @Test
    void aPendingJobIsCancelledAtOnceAndARunningOneSoon() {
        String pending = create();
        String running = create();
        test.start(JobId.parse(running).orElseThrow());

        Answer first = acme.post("/jobs/" + pending + "/cancel", "{\"reason\":\"not needed\"}");
        Answer second = acme.post("/jobs/" + running + "/cancel");

        assertThat(first.status()).isEqualTo(200);
        assertThat(first.data().path("status").asText()).isEqualTo("cancelled");
        assertThat(first.data().path("cancelReason").asText()).isEqualTo("not needed");
        assertThat(first.data().path("completedAt").isTextual()).isTrue();
        assertThat(acme.post("/jobs/" + pending + "/cancel").status()).isEqualTo(200);
        assertThat(second.status()).isEqualTo(202);
        assertThat(second.data().path("status").asText()).isEqualTo("running");
        assertThat(second.data().at("/statusReason/code").asText()).isEqualTo("cancelling");
        assertThat(second.data().path("cancelRequestedAt").isTextual()).isTrue();
    }

    @Test
    void aRepeatedCancelOrRerunWithItsKeyChangesNothingMore() {
        String id = create();
        Answer cancelled = acme.post("/jobs/" + id + "/cancel", "", "Idempotency-Key", "once");
        Answer again = acme.post("/jobs/" + id + "/cancel", "", "Idempotency-Key", "once");
        Answer rerun = acme.post("/jobs/" + id + "/rerun", "{\"allowCancelled\":true}", "Idempotency-Key", "once");
        Answer twice = acme.post("/jobs/" + id + "/rerun", "{\"allowCancelled\":true}", "Idempotency-Key", "once");

        assertThat(again.http().body()).isEqualTo(cancelled.http().body());
        assertThat(again.header("Idempotency-Replayed")).isEqualTo("true");
        assertThat(rerun.status()).isEqualTo(201);
        assertThat(twice.id()).isEqualTo(rerun.id());
        assertThat(ids(acme.get("/jobs?rootJobId=" + id))).containsExactly(rerun.id(), id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/attempts", "/items", "/logs", "?wait=1&expand=attempts"})
    void anotherTenantsJobAnswersAsAnUnknownOne(String path) {
        String id = create();

        assertSame(other.get("/jobs/" + id + path), other.get("/jobs/" + JobId.next() + path));
        assertSame(other.get("/jobs/" + id + path), other.get("/jobs/job_abc123" + path));
    }

    @Test
    void anotherTenantCanNeitherChangeNorListAJob() {
        String id = create();
        JobId unknown = JobId.next();

        assertSame(other.post("/jobs/" + id + "/cancel"), other.post("/jobs/" + unknown + "/cancel"));
        assertSame(other.post("/jobs/" + id + "/rerun"), other.post("/jobs/" + unknown + "/rerun"));
        assertSame(other.delete("/jobs/" + id), other.delete("/jobs/" + unknown));
        assertThat(ids(other.get("/jobs?ids=" + id))).isEmpty();
        assertThat(ids(other.get("/jobs?limit=100"))).doesNotContain(id);
        assertThat(acme.get("/jobs/" + id).data().path("status").asText()).isEqualTo("pending");
    }

    @Test
    void aKeyWithoutTheScopeMayOnlyRead() {
        assertThat(reader.post("/jobs", EMPTY).code()).isEqualTo("insufficient_scope");
        assertThat(reader.get("/jobs").status()).isEqualTo(200);
    }

    private static void assertSame(Answer one, Answer two) {
        assertThat(one.status()).isEqualTo(404);
        assertThat(withoutRequestId(one)).isEqualTo(withoutRequestId(two));
        assertThat(one.code()).isEqualTo("job_not_found");
    }

    private static String withoutRequestId(Answer answer) {
        return answer.http().body().replace(answer.json().at("/error/requestId").asText(), "");
    }

    private String create() {
        return acme.post("/jobs", EMPTY).id();
    }

    private static List<String> ids(Answer list) {
        return list.data().findValuesAsText("id").stream().collect(Collectors.toList());
    }
}
