package dev.carnelian.api;

import static dev.carnelian.queue.TestQueue.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.access.Scope;
import dev.carnelian.api.Client.Answer;
import dev.carnelian.job.JobId;
import dev.carnelian.queue.TestQueue;
import io.dropwizard.testing.junit5.DropwizardAppExtension;
import io.dropwizard.testing.junit5.DropwizardExtensionsSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the handlers refuse is refused before the job is there. */
@ExtendWith(DropwizardExtensionsSupport.class)
class InputChecksTest {
    private static final DropwizardAppExtension<TestService.Settings> SERVICE = JobsService.extension();
    private static final String GOOD = job("https://a.example/");
    private static final String FORBIDDEN = job("https://forbidden.example/");

    private TestQueue test;
    private Client acme;

    @BeforeEach
    void connect() {
        JobsService service = SERVICE.getApplication();
        test = service.test();
        acme = new Client(SERVICE.getLocalPort(), service.newKey(ACME, Scope.JOBS_READ, Scope.JOBS_WRITE));
    }

    @Test
    void aRefusedJobIsAnsweredWithTheHandlersCodeAndTheField() {
        for (String path : new String[] {"/jobs", "/jobs?validateOnly=true"}) {
            Answer answer = acme.post(path, FORBIDDEN);
            assertThat(answer.status()).isEqualTo(422);
            assertThat(answer.code()).isEqualTo("blocked_target");
            assertThat(answer.fields()).containsExactly("input.documents[0].url");
        }
    }

    @Test
    void aCodeThatTheApiDoesNotKnowReadsValidationFailed() {
        Answer answer = acme.post("/jobs", job("https://odd.forbidden.example/"));
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.code()).isEqualTo("validation_failed");
    }

    @Test
    void oneRefusedJobRefusesAllOrIsAnsweredForItself() {
        String jobs = "{\"jobs\":[" + GOOD + "," + FORBIDDEN + "]";
        Answer all = acme.post("/jobs/bulk", jobs + "}");
        assertThat(all.status()).isEqualTo(422);
        assertThat(all.code()).isEqualTo("blocked_target");
        assertThat(all.fields()).containsExactly("jobs[1].input.documents[0].url");
        Answer each = acme.post("/jobs/bulk", jobs + ",\"atomic\":false}");
        assertThat(each.status()).isEqualTo(200);
        assertThat(each.data().at("/0/data/id").asText()).isNotEmpty();
        assertThat(each.data().at("/1/error/code").asText()).isEqualTo("blocked_target");
    }

    @Test
    void aRerunThatChangesItsInputIsCheckedAgain() {
        String id = acme.post("/jobs", GOOD).id();
        test.complete(JobId.parse(id).orElseThrow(), "{}");
        Answer refused = acme.post(
                "/jobs/" + id + "/rerun", "{\"input\":{\"documents\":[{\"url\":\"https://forbidden.example/\"}]}}");
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.code()).isEqualTo("blocked_target");
        assertThat(acme.post("/jobs/" + id + "/rerun").status()).isEqualTo(201);
    }

    private static String job(String url) {
        return "{\"type\":\"reading\",\"input\":{\"documents\":[{\"url\":\"" + url + "\"}]}}";
    }
}
