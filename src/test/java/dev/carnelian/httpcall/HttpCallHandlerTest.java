package dev.carnelian.httpcall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import com.sun.net.httpserver.HttpExchange;
import dev.carnelian.database.TestDatabase;
import dev.carnelian.httpcall.RunReports.Taken;
import dev.carnelian.job.InputRefusedException;
import dev.carnelian.job.JobContext.LogLevel;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.RecordingContext;
import dev.carnelian.job.TenantId;
import dev.carnelian.net.EgressConfiguration;
import dev.carnelian.net.LoopbackServer;
import dev.carnelian.net.OutboundClient;
import dev.carnelian.testkit.CarnelianTestKit;
import java.io.IOException;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class HttpCallHandlerTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final TestDatabase DATABASE = TestDatabase.migrated();
    private static final Jdbi JDBI = Jdbi.create(DATABASE.dataSource())
            .installPlugin(new SqlObjectPlugin())
            .installPlugin(new PostgresPlugin());
    private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");

    private static final ReportSignals SIGNALS =
            new ReportSignals(JDBI, () -> DATABASE.dataSource().getConnection());
    private static final RunReports REPORTS = new RunReports(JDBI, SIGNALS);
    private static final AtomicInteger REFUSED = new AtomicInteger();
    private static volatile boolean databaseIsAway;
    private static LoopbackServer endpoint;
    private static OutboundClient client;
    private static HttpCallHandler handler;

    @BeforeAll
    static void start() throws IOException {
        endpoint = new LoopbackServer(HttpCallHandlerTest::answer);
        client = new OutboundClient(new EgressConfiguration(List.of("127.0.0.1"), List.of(80)));
        handler = handler(Optional.of(URI.create("https://jobs.example.com/")));
    }

    private static HttpCallHandler handler(Optional<URI> publicUrl) {
        return handler(publicUrl, REPORTS);
    }

    private static HttpCallHandler handler(Optional<URI> publicUrl, RunReports reports) {
        return new HttpCallHandler(client, reports, () -> publicUrl, JSON, InstantSource.fixed(NOW));
    }

    /** One whose database can go away. */
    private static HttpCallHandler unluckyHandler() {
        Jdbi jdbi = Jdbi.create(() -> {
                    if (databaseIsAway) {
                        REFUSED.incrementAndGet();
                        throw new SQLException("connection refused", "08001");
                    }
                    return DATABASE.dataSource().getConnection();
                })
                .installPlugin(new SqlObjectPlugin())
                .installPlugin(new PostgresPlugin());
        return handler(Optional.of(URI.create("https://jobs.example.com/")), new RunReports(jdbi, SIGNALS));
    }

    @AfterAll
    static void stop() {
        client.close();
        endpoint.close();
        SIGNALS.close();
    }

    private static void answer(HttpExchange exchange, LoopbackServer.Seen request) throws IOException {
        switch (request.path()) {
            case "/json" -> send(exchange, 200, "application/json", "{\"a\":[1,2.50]}");
            case "/text" -> send(exchange, 201, "text/plain", "h\u00e9llo \u0000");
            case "/broken" -> send(exchange, 200, "application/json", "{");
            case "/long" -> send(exchange, 200, "text/plain", "a".repeat(70_000));
            case "/nothing" -> LoopbackServer.answer(exchange, 204, "");
            case "/while-the-database-goes" -> {
                databaseIsAway = true;
                LoopbackServer.answer(exchange, 200, "");
            }
            case "/later" -> LoopbackServer.answer(exchange, 202, "");
            case "/reporting" -> {
                RunReports.Run run = runOf(request);
                REPORTS.add(run, progress(1, 2));
                REPORTS.add(run, progress(2, 2));
                REPORTS.add(run, completed("{\"rows\":1.50}"));
                LoopbackServer.answer(exchange, 202, "");
            }
            case "/busy" -> {
                exchange.getResponseHeaders().set("Retry-After", "120");
                send(exchange, 503, "text/plain", "come back later");
            }
            case "/limited" -> {
                exchange.getResponseHeaders().set("Retry-After", "Wed, 25 Nov 2026 12:01:00 GMT");
                LoopbackServer.answer(exchange, 429, "");
            }
            default ->
                LoopbackServer.answer(exchange, Integer.parseInt(request.path().substring(1)), "");
        }
    }

    @Test
    void theEndpointGetsWhatItNeedsToActOnce() throws Exception {
        RecordingContext first = RecordingContext.first(ACME);
        HttpInput input = input("""
                {"url": "%s", "headers": {"X-Team": "blue", "content-type": "application/vnd.acme+json"},
                 "body": {"amount": 1}}""".formatted(endpoint.url("/json")));

        HttpResult result = handler.handle(input, first);
        LoopbackServer.Seen one = last();
        handler.handle(input, first.next());
        LoopbackServer.Seen two = last();

        assertThat(result)
                .isEqualTo(new HttpResult(200, "application/json", JSON.readTree("{\"a\":[1,2.50]}"), false, false));
        assertThat(one.method()).isEqualTo("POST");
        assertThat(one.body()).isEqualTo("{\"amount\":1}");
        assertThat(one.header("X-team")).isEqualTo("blue");
        assertThat(one.header("Content-type")).isEqualTo("application/vnd.acme+json");
        String id = first.jobId().toString();
        assertThat(one.header("Idempotency-key")).isEqualTo(id).isEqualTo(two.header("Idempotency-key"));
        assertThat(one.header("Carnelian-job-id")).isEqualTo(id);
        assertThat(one.header("Carnelian-attempt")).isEqualTo("1");
        assertThat(two.header("Carnelian-attempt")).isEqualTo("2");
        assertThat(one.header("Traceparent")).matches("00-" + id.replace("-", "") + "-[0-9a-f]{16}-01");
        assertThat(one.header("Carnelian-run-url")).startsWith("https://jobs.example.com/v1/api/runs/");
        assertThat(one.header("Carnelian-run-token")).startsWith("crn_run_").hasSizeGreaterThan(40);
        assertThat(runsOf(first))
                .as("nothing is left of calls that were answered")
                .isZero();
    }

    @Test
    void answersAreKeptAsWhatTheyAre() throws Exception {
        assertThat(call("/text")).isEqualTo(new HttpResult(201, "text/plain", text("h\u00e9llo \ufffd"), false, false));
        assertThat(call("/broken").body()).isEqualTo(text("{"));
        assertThat(call("/nothing")).isEqualTo(new HttpResult(204, null, null, false, false));
        HttpResult cut = call("/long");
        assertThat(cut.truncated()).isTrue();
        assertThat(cut.body()).isEqualTo(text("a".repeat(64 * 1024)));
    }

    @Test
    void statusesDecideWhetherAnotherAttemptIsMade() {
        assertThat(failure("/404").retryable()).isFalse();
        assertThat(failure("/400").retryable()).isFalse();
        assertThat(failure("/408").retryable()).isTrue();
        assertThat(failure("/500").retryable()).isTrue();
        assertThat(failure("/502").code()).isEqualTo("unexpected_status");
    }

    @Test
    void anEndpointSaysWhenToComeBack() {
        JobFailedException busy = failed("/busy");
        assertThat(busy.shortestWait()).isEqualTo(Duration.ofMinutes(2));
        assertThat(busy.failure().message()).isEqualTo("the endpoint answered 503: come back later");
        assertThat(failed("/limited").shortestWait()).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void expectedStatusesReplaceTheUsualOnes() throws Exception {
        HttpInput input = input("""
                {"url": "%s", "method": "DELETE", "expectedStatuses": [404, 202]}""".formatted(endpoint.url("/404")));
        assertThat(handler.handle(input, RecordingContext.first(ACME)).status()).isEqualTo(404);
        HttpInput accepted = input("""
                {"url": "%s", "expectedStatuses": [202]}""".formatted(endpoint.url("/later")));
        HttpResult result = handler.handle(accepted, RecordingContext.first(ACME));
        assertThat(result.status()).isEqualTo(202);
        assertThat(result.reported()).isFalse();
        HttpInput strict = input("""
                {"url": "%s", "expectedStatuses": [201]}""".formatted(endpoint.url("/json")));
        assertThatExceptionOfType(JobFailedException.class)
                .isThrownBy(() -> handler.handle(strict, RecordingContext.first(ACME)));
    }

    @Test
    void anEndpointReportsAndCompletes() throws Exception {
        RecordingContext context = RecordingContext.first(ACME);
        CompletableFuture<HttpResult> result = later(context, 30);
        RunReports.Run run = runOf(context);

        assertThat(REPORTS.add(run, progress(1, 4))).isEqualTo(Taken.YES);
        Awaitility.await().until(() -> context.progress.equals(List.of("1/4")));
        assertThat(REPORTS.add(run, progress(3, 4))).isEqualTo(Taken.YES);
        assertThat(REPORTS.add(run, progress(2, 4))).isEqualTo(Taken.YES);
        RunReport end = completed("{\"rows\": 1.50}");
        assertThat(REPORTS.add(run, end)).isEqualTo(Taken.YES);

        assertThat(result.get(5, TimeUnit.SECONDS)).isEqualTo(new HttpResult(202, null, end.result(), false, true));
        assertThat(context.progress).containsExactly("1/4", "3/4");
        assertThat(REPORTS.add(run, end)).as("its sender did not hear of it").isEqualTo(Taken.YES);
        assertThat(REPORTS.add(run, completed("{}"))).isEqualTo(Taken.ENDED);
        assertThat(REPORTS.add(run, progress(4, 4))).isEqualTo(Taken.ENDED);
    }

    @Test
    void anEndpointReportsItsFailure() throws Exception {
        RecordingContext context = RecordingContext.first(ACME);
        CompletableFuture<HttpResult> result = later(context, 30);
        JobFailure failure = JobFailure.permanent("no_such_customer", "there is no customer 7");

        REPORTS.add(runOf(context), new RunReport(null, null, List.of(), false, null, failure));

        assertThat(result)
                .failsWithin(Duration.ofSeconds(5))
                .withThrowableThat()
                .havingCause()
                .isInstanceOfSatisfying(
                        JobFailedException.class,
                        thrown -> assertThat(thrown.failure()).isEqualTo(failure));
    }

    @Test
    void anEndpointThatForgetsToReportFailsTheAttempt() {
        assertThat(later(RecordingContext.first(ACME), 1))
                .failsWithin(Duration.ofSeconds(5))
                .withThrowableThat()
                .havingCause()
                .isInstanceOfSatisfying(JobFailedException.class, thrown -> {
                    assertThat(thrown.failure().code()).isEqualTo("callback_deadline");
                    assertThat(thrown.failure().retryable()).isTrue();
                });
    }

    @Test
    void whatWasCompletedWhileNobodyWaitedIsWhatTheNextAttemptEndsWith() throws Exception {
        RecordingContext lost = RecordingContext.first(ACME);
        RunReports.Open run = REPORTS.open(lost);
        int calls = endpoint.seen().size();
        REPORTS.add(REPORTS.find(run.id(), run.token().value()).orElseThrow(), completed("{\"done\":true}"));

        HttpResult result = handler.handle(input("{\"url\": \"" + endpoint.url("/500") + "\"}"), lost.next());

        assertThat(result.body()).isEqualTo(JSON.readTree("{\"done\":true}"));
        assertThat(endpoint.seen()).hasSize(calls);
    }

    @Test
    void anAnswerIsNotLostWithTheDatabase() throws Exception {
        HttpInput input = input("{\"url\": \"" + endpoint.url("/while-the-database-goes") + "\"}");
        try {
            assertThat(unluckyHandler()
                            .handle(input, RecordingContext.first(ACME))
                            .status())
                    .isEqualTo(200);
        } finally {
            databaseIsAway = false;
        }
    }

    @Test
    void aWaitGoesOnWhileTheDatabaseIsAway() {
        RecordingContext context = RecordingContext.first(ACME);
        CompletableFuture<HttpResult> result = later(unluckyHandler(), context, 30);
        RunReports.Run run = runOf(context);
        int before = REFUSED.get();
        databaseIsAway = true;
        try {
            Awaitility.await().until(() -> REFUSED.get() > before);
            assertThat(result).isNotDone();
        } finally {
            databaseIsAway = false;
        }

        REPORTS.add(run, completed("{\"rows\":1}"));

        assertThat(result).succeedsWithin(Duration.ofSeconds(10)).matches(HttpResult::reported);
    }

    @Test
    void theContractOfHandlersIsKept() {
        CarnelianTestKit kit = CarnelianTestKit.of(handler);

        // An answer that was lost with its attempt is asked for again, under the same key.
        kit.counting(() -> calls("/json"), 1).verify("{\"url\": \"" + endpoint.url("/json") + "\"}");
        kit.counting(() -> calls("/reporting"), 0).verify("{\"url\": \"" + endpoint.url("/reporting") + "\"}");
    }

    private static long calls(String path) {
        return endpoint.seen().stream().filter(seen -> seen.path().equals(path)).count();
    }

    @Test
    void onlyItsTokenOpensARun() {
        RunReports.Open run = REPORTS.open(RecordingContext.first(ACME));
        assertThat(REPORTS.find(run.id(), run.token().value())).isPresent();
        assertThat(REPORTS.find(run.id(), run.token().value() + "x")).isEmpty();
        assertThat(REPORTS.find(UUID.randomUUID(), run.token().value())).isEmpty();
        assertThat(JDBI.<List<String>, RuntimeException>withHandle(
                                handle -> handle.createQuery("SELECT r::text FROM http_runs AS r WHERE id = :id")
                                        .bind("id", run.id())
                                        .mapTo(String.class)
                                        .list())
                        .toString())
                .doesNotContain(run.token().value().substring(8));
    }

    @Test
    void aRunMaySendOnlySoManyReports() {
        RunReports.Open open = REPORTS.open(RecordingContext.first(ACME));
        RunReports.Run run = REPORTS.find(open.id(), open.token().value()).orElseThrow();
        Taken taken = Taken.YES;
        int sent = 0;
        while (taken == Taken.YES && sent < 1_000) {
            taken = REPORTS.add(run, progress(1, 2));
            sent++;
        }
        assertThat(taken).isEqualTo(Taken.TOO_MANY);
        assertThat(sent).isBetween(51, 150);
        assertThat(REPORTS.add(run, completed("{}")))
                .as("the end is never too much")
                .isEqualTo(Taken.YES);
    }

    @Test
    void withoutAnAddressForReportsAPromiseToReportFails() {
        JobFailedException failed = catchThrowableOfType(
                JobFailedException.class,
                () -> handler(Optional.empty())
                        .handle(input("{\"url\": \"" + endpoint.url("/later") + "\"}"), RecordingContext.first(ACME)));
        assertThat(failed.failure().code()).isEqualTo("no_public_url");
        assertThat(last().headers()).doesNotContainKeys("Carnelian-run-url", "Carnelian-run-token");
    }

    @Test
    void inputsThatCannotBeSentAreRefused() {
        Map<String, String> refused = Map.of(
                "{\"url\": \"http://169.254.169.254/\"}",
                "blocked_target url",
                "{\"url\": \"ftp://127.0.0.1/\"}",
                "blocked_target url",
                "{\"url\": \"http://127.0.0.1/\", \"headers\": {\"HOST\": \"a\"}}",
                "validation_failed headers.HOST",
                "{\"url\": \"http://127.0.0.1/\", \"headers\": {\"Carnelian-X\": \"a\"}}",
                "validation_failed headers.Carnelian-X",
                "{\"url\": \"http://127.0.0.1/\", \"headers\": {\"Cookie\": \"[redacted]\"}}",
                "validation_failed headers.Cookie",
                "{\"url\": \"http://127.0.0.1/\", \"method\": \"GET\", \"body\": 1}",
                "validation_failed body");
        refused.forEach((text, expected) -> assertThatExceptionOfType(InputRefusedException.class)
                .isThrownBy(() -> handler.check(input(text)))
                .matches(thrown -> expected.equals(thrown.code() + " " + thrown.field())));
        handler.check(input("{\"url\": \"http://127.0.0.1/\"}"));
    }

    @Test
    void aBlockedAddressIsAPermanentFailure() {
        JobFailedException failed = catchThrowableOfType(
                JobFailedException.class,
                () -> handler.handle(input("{\"url\": \"http://10.0.0.1/\"}"), RecordingContext.first(ACME)));
        assertThat(failed.failure().code()).isEqualTo("blocked_target");
        assertThat(failed.failure().retryable()).isFalse();
    }

    private static CompletableFuture<HttpResult> later(RecordingContext context, int deadlineSeconds) {
        return later(handler, context, deadlineSeconds);
    }

    private static CompletableFuture<HttpResult> later(
            HttpCallHandler handler, RecordingContext context, int deadlineSeconds) {
        CompletableFuture<HttpResult> result = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                result.complete(handler.handle(
                        input("{\"url\": \"%s\", \"deadlineSeconds\": %d}"
                                .formatted(endpoint.url("/later"), deadlineSeconds)),
                        context));
            } catch (InterruptedException | RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    /** As the endpoint finds it. */
    private static RunReports.Run runOf(RecordingContext context) {
        LoopbackServer.Seen[] found = new LoopbackServer.Seen[1];
        Awaitility.await().until(() -> {
            for (LoopbackServer.Seen seen : endpoint.seen()) {
                if (seen.header("Idempotency-key").equals(context.jobId().toString())) {
                    found[0] = seen;
                    return true;
                }
            }
            return false;
        });
        return runOf(found[0]);
    }

    private static RunReports.Run runOf(LoopbackServer.Seen request) {
        String url = request.header("Carnelian-run-url");
        UUID id = UUID.fromString(url.substring(url.lastIndexOf('/') + 1));
        return REPORTS.find(id, request.header("Carnelian-run-token")).orElseThrow();
    }

    private static RunReport progress(int done, int total) {
        return new RunReport(
                new RunReport.Progress(done, total),
                "working",
                List.of(new RunReport.Line(LogLevel.INFO, "a line")),
                false,
                null,
                null);
    }

    private static RunReport completed(String result) {
        return new RunReport(null, null, List.of(), true, json(result), null);
    }

    private static HttpResult call(String path) throws InterruptedException {
        return handler.handle(input("{\"url\": \"" + endpoint.url(path) + "\"}"), RecordingContext.first(ACME));
    }

    private static JobFailedException failed(String path) {
        return catchThrowableOfType(JobFailedException.class, () -> call(path));
    }

    private static JobFailure failure(String path) {
        return failed(path).failure();
    }

    private static HttpInput input(String text) {
        try {
            return JSON.readValue(text, HttpInput.class);
        } catch (IOException e) {
            throw new AssertionError(text, e);
        }
    }

    private static JsonNode json(String text) {
        try {
            return JSON.reader()
                    .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .readTree(text);
        } catch (IOException e) {
            throw new AssertionError(text, e);
        }
    }

    private static JsonNode text(String text) {
        return TextNode.valueOf(text);
    }

    private static LoopbackServer.Seen last() {
        List<LoopbackServer.Seen> seen = endpoint.seen();
        return seen.get(seen.size() - 1);
    }

    private static int runsOf(RecordingContext context) {
        return JDBI.withHandle(handle -> handle.createQuery("SELECT count(*) FROM http_runs WHERE job_id = :job")
                .bind("job", context.jobId().value())
                .mapTo(Integer.class)
                .one());
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        LoopbackServer.answer(exchange, status, text);
    }
}
