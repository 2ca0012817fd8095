package dev.carnelian.api;

import static dev.carnelian.queue.TestQueue.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.access.Scope;
import dev.carnelian.api.Client.Answer;
import dev.carnelian.job.JobId;
import dev.carnelian.queue.JobRef;
import dev.carnelian.queue.Outcome;
import dev.carnelian.queue.Report;
import dev.carnelian.queue.TestQueue;
import io.dropwizard.testing.junit5.DropwizardAppExtension;
import io.dropwizard.testing.junit5.DropwizardExtensionsSupport;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an endpoint is answered when it reports about its run. */
@ExtendWith(DropwizardExtensionsSupport.class)
class RunsApiTest {
    private static final DropwizardAppExtension<TestService.Settings> SERVICE = JobsService.extension();
    private static final String TOKEN = "crn_run_of_a_test";
    private static final String COMPLETED = "{\"status\":\"completed\",\"result\":{\"rows\":2}}";

    private TestQueue test;
    private Client worker;
    private JobId job;
    private String runId;
    private String path;

    @BeforeEach
    void start() {
        test = SERVICE.<JobsService>getApplication().test();
        worker = client(TOKEN);
        job = test.enqueue("empty").id();
        runId = started();
        path = "/runs/" + insertRun(job, runId);
    }

    private String started() {
        String started = test.start(job);
        assertThat(started).isNotNull();
        return String.valueOf(started);
    }

    @Test
    void aReportOfARunningJobIsTaken() {
        Answer answer = worker.patch(path, """
                {"progress": {"done": 3, "total": 10}, "message": "reading",
                 "logs": [{"message": "started"}, {"level": "warn", "message": "slow"}]}""");

        assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
        assertThat(answer.data().path("status").asText()).isEqualTo("running");
        assertThat(answer.data().path("jobId").asText()).isEqualTo(job.toString());
        assertThat(answer.data().path("cancelRequested").booleanValue()).isFalse();
        assertThat(reports()).hasSize(1);
    }

    @Test
    void theEndIsTakenOnceAndMayBeRepeated() {
        assertThat(worker.patch(path, COMPLETED).status()).isEqualTo(200);
        assertThat(worker.patch(path, COMPLETED).status()).isEqualTo(200);
        Answer another = worker.patch(path, "{\"status\":\"completed\"}");
        assertThat(another.status()).isEqualTo(409);
        assertThat(another.code()).isEqualTo("lease_lost");
        finish(new Outcome.Completed("{}", Report.empty(job, runId, 1)));
        assertThat(worker.patch(path, COMPLETED).status())
                .as("its answer may have been lost")
                .isEqualTo(200);
        assertThat(worker.patch(path, "{\"message\":\"more\"}").code()).isEqualTo("lease_lost");
    }

    @Test
    void aWorkerLearnsThatItsJobIsToBeCancelled() {
        test.queue()
                .cancel(
                        new JobRef(ACME, job),
                        null,
                        Optional.empty(),
                        cancelled -> new dev.carnelian.queue.Answer(200, null, "", false));
        Answer asked = worker.patch(path, "{}");
        assertThat(asked.data().path("cancelRequested").booleanValue()).isTrue();
        finish(new Outcome.Cancelled(Report.empty(job, runId, 1)));
        Answer over = worker.patch(path, COMPLETED);
        assertThat(over.status()).isEqualTo(200);
        assertThat(over.data().path("status").asText()).isEqualTo("cancelled");
        assertThat(over.data().path("cancelRequested").booleanValue()).isTrue();
        assertThat(test.find(job).result()).isNull();
    }

    @Test
    void aRunThatWasReplacedTakesNothing() {
        finish(null);
        assertThat(worker.patch(path, COMPLETED).code()).isEqualTo("lease_lost");
        assertThat(started()).isNotEqualTo(runId);
        Answer answer = worker.patch(path, COMPLETED);
        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.code()).isEqualTo("lease_lost");
        assertThat(reports()).isEmpty();
    }

    @Test
    void onlyTheRunsOwnTokenIsTaken() {
        Client key = client(SERVICE.<JobsService>getApplication().newKey(ACME, Scope.ADMIN));
        Answer wrong = client("crn_run_wrong").patch(path, "{}");
        Answer unknown = worker.patch("/runs/" + UUID.randomUUID(), "{}");
        assertThat(wrong.status()).isEqualTo(404);
        assertThat(wrong.code()).isEqualTo("run_not_found").isEqualTo(unknown.code());
        assertThat(wrong.json().at("/error/message")).isEqualTo(unknown.json().at("/error/message"));
        assertThat(key.patch(path, "{}").status()).isEqualTo(404);
        assertThat(worker.patch("/runs/1", "{}").status()).isEqualTo(404);
        assertThat(worker.get("/jobs/" + job).status()).isEqualTo(401);
        assertThat(client("").patch(path, "{").status())
                .as("before its body is read")
                .isEqualTo(401);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"percent\":5} | percent",
                "{\"status\":\"done\"} | status",
                "{\"status\":\"failed\"} | error",
                "{\"status\":\"completed\",\"error\":{\"code\":\"a\",\"message\":\"b\"}} | error",
                "{\"error\":{\"code\":\"a\",\"message\":\"b\"}} | error",
                "{\"status\":\"failed\",\"error\":{\"code\":\"A b\",\"message\":\"b\"}} | error.code",
                "{\"result\":{}} | result",
                "{\"progress\":{\"done\":2,\"total\":1}} | progress.done",
                "{\"progress\":{\"done\":0,\"total\":0}} | progress.total",
                "{\"progress\":{\"done\":1}} | progress.total",
                "{\"logs\":[{\"level\":\"loud\",\"message\":\"a\"}]} | logs[0].level",
                "{\"logs\":[{}]} | logs[0].message",
                "{\"message\":\"\\u0000\"} | message"
            })
    void whatIsWrongWithAReportIsNamed(String body, String field) {
        Answer answer = worker.patch(path, body);
        assertThat(answer.status()).as(answer.http().body()).isEqualTo(422);
        assertThat(answer.fields()).contains(field);
        assertThat(reports()).isEmpty();
    }

    @Test
    void reportsHaveBounds() {
        String line = "{\"message\":\"a\"}";
        assertThat(worker.patch(path, "{\"logs\":[" + line + (',' + line).repeat(100) + "]}")
                        .fields())
                .containsExactly("logs");
        assertThat(worker.patch(path, "{\"message\":\"" + "a".repeat(501) + "\"}")
                        .fields())
                .containsExactly("message");
        assertThat(worker.patch(path, "{\"status\":\"completed\",\"result\":\"" + "a".repeat(65_536) + "\"}")
                        .fields())
                .containsExactly("result");
        Answer answer = worker.patch(path, "{}");
        for (int i = 0; i < 300 && answer.status() == 200; i++) {
            answer = worker.patch(path, "{}");
        }
        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.header("Retry-After")).isEqualTo("1");
    }

    @Test
    void theRouteIsDescribed() {
        Answer document = worker.get("/openapi.json");
        assertThat(document.status()).isEqualTo(200);
        assertThat(Routes.documented(document.json()))
                .contains("PATCH /runs/{runId}")
                .isEqualTo(Routes.running(SERVICE.getEnvironment().jersey().getResourceConfig()));
        assertThat(document.json()
                        .at("/paths/~1runs~1{runId}/patch/requestBody/content/application~1json/schema/$ref")
                        .asText())
                .isEqualTo("#/components/schemas/RunReportBody");
        assertThat(document.http().body()).contains("cancelRequested").doesNotContain("ContainerRequestContext");
    }

    private void finish(@Nullable Outcome outcome) {
        if (outcome == null) {
            test.release(job, runId);
        } else {
            test.finish(job, runId, outcome);
        }
    }

    private Client client(String token) {
        return new Client(SERVICE.getLocalPort(), token);
    }

    private UUID insertRun(JobId of, String run) {
        UUID id = UUID.randomUUID();
        test.jdbi()
                .useHandle(handle -> handle.createUpdate("""
                        INSERT INTO http_runs (id, tenant_id, job_id, run_id, token_hash)
                        VALUES (:id, 'acme', :job, :run, sha256(:token::bytea))""")
                        .bind("id", id)
                        .bind("job", of.value())
                        .bind("run", run)
                        .bind("token", TOKEN)
                        .execute());
        return id;
    }

    private List<String> reports() {
        return test.jdbi()
                .withHandle(handle -> handle.createQuery("SELECT report FROM http_reports WHERE run_id = :run")
                        .bind("run", UUID.fromString(path.substring("/runs/".length())))
                        .mapTo(String.class)
                        .list());
    }
}
