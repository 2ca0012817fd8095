package dev.carnelian.api;

import static dev.carnelian.queue.TestQueue.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carnelian.access.Scope;
import dev.carnelian.api.Client.Answer;
import dev.carnelian.queue.TestQueue;
import io.dropwizard.testing.junit5.DropwizardAppExtension;
import io.dropwizard.testing.junit5.DropwizardExtensionsSupport;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(DropwizardExtensionsSupport.class)
class JobsBulkApiTest {
    private static final DropwizardAppExtension<TestService.Settings> SERVICE = JobsService.extension();
    private static final String EMPTY = "{\"type\":\"empty\"}";

    private TestQueue test;
    private Client acme;

    @BeforeEach
    void connect() {
        JobsService service = SERVICE.getApplication();
        test = service.test();
        acme = new Client(
                SERVICE.getLocalPort(), service.newKey(ACME, Scope.JOBS_READ, Scope.JOBS_WRITE, Scope.JOBS_PAYLOAD));
    }

    @Test
    void aThousandJobsAreStoredAndNamedInTheirOrder() {
        List<String> jobs = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            jobs.add("{\"type\":\"empty\",\"priority\":" + i % 100 + ",\"input\":{\"note\":\"" + i + "\"}}");
        }

        Answer answer = acme.post("/jobs/bulk", bulk(jobs));

        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.data()).hasSize(1_000);
        assertThat(answer.data().get(0).fieldNames()).toIterable().containsExactly("id", "type", "status", "createdAt");
        for (int i : new int[] {0, 17, 999}) {
            JsonNode stored = acme.get(
                            "/jobs/" + answer.data().get(i).path("id").asText())
                    .data();
            assertThat(stored.at("/input/note").asText()).isEqualTo(Integer.toString(i));
            assertThat(stored.path("priority").asInt()).isEqualTo(i % 100);
            assertThat(stored.path("createdAt")).isEqualTo(answer.data().get(i).path("createdAt"));
        }
    }

    @Test
    void oneWrongJobRefusesAllAndIsNamed() {
        int jobs = test.count("jobs");
        int triggers = test.count("test_triggers");
        List<String> bodies = new ArrayList<>(Collections.nCopies(20, EMPTY));
        bodies.set(3, "{\"type\":\"unheard\"}");
        bodies.set(5, "null");
        bodies.set(7, "{\"type\":\"empty\",\"status\":\"completed\"}");
        bodies.set(17, "{\"type\":\"reading\",\"input\":{\"documents\":[{\"url\":7}]}}");

        Answer answer = acme.post("/jobs/bulk", bulk(bodies), "Idempotency-Key", "all-or-none");

        assertThat(answer.status()).as(answer.http().body()).isEqualTo(422);
        assertThat(answer.fields())
                .containsExactly("jobs[3].type", "jobs[5]", "jobs[7].status", "jobs[17].input.documents[0].url");
        assertThat(test.count("jobs")).isEqualTo(jobs);
        assertThat(test.count("test_triggers")).isEqualTo(triggers);
    }

    @Test
    void withoutAtomicEachJobIsAnsweredForItself() {
        int before = test.count("jobs");
        String jobs = "[" + EMPTY + ",{\"type\":\"reading\"}," + EMPTY + "]";

        Answer answer = acme.post("/jobs/bulk", "{\"jobs\":" + jobs + ",\"atomic\":false}");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.data().findValuesAsText("index")).containsExactly("0", "1", "2");
        assertThat(answer.data().get(0).get("error").isNull()).isTrue();
        assertThat(answer.data().get(1).get("data").isNull()).isTrue();
        assertThat(answer.data().get(1).at("/error/code").asText()).isEqualTo("validation_failed");
        assertThat(answer.data().get(1).at("/error/details/0/field").asText()).isEqualTo("jobs[1].input.documents");
        assertThat(acme.get("/jobs/" + answer.data().get(2).at("/data/id").asText())
                        .status())
                .isEqualTo(200);
        assertThat(test.count("jobs")).isEqualTo(before + 2);
    }

    @Test
    void tooManyJobsOrNoneAreRefused() {
        int before = test.count("jobs");

        assertThat(acme.post("/jobs/bulk", bulk(Collections.nCopies(1_001, EMPTY)))
                        .fields())
                .containsExactly("jobs");
        assertThat(acme.post("/jobs/bulk", "{\"jobs\":[]}").fields()).containsExactly("jobs");
        assertThat(acme.post("/jobs/bulk", "{}").fields()).containsExactly("jobs");
        assertThat(acme.post("/jobs/bulk", "").code()).isEqualTo("malformed_json");
        assertThat(acme.post("/jobs/bulk", "[" + EMPTY + "]").status()).isEqualTo(422);
        assertThat(test.count("jobs")).isEqualTo(before);
    }

    @Test
    void theBodyMayBeLargerThanOthersButHasALimitAndSoHasEachInput() {
        String note = "x".repeat(200 * 1024);
        String job = "{\"type\":\"empty\",\"input\":{\"note\":\"" + note + "\"}}";
        String large = "{\"type\":\"empty\",\"input\":{\"note\":\"" + "x".repeat(256 * 1024 - 5) + "\"}}";

        assertThat(acme.post("/jobs/bulk", bulk(Collections.nCopies(8, job))).status())
                .isEqualTo(201);
        assertThat(acme.post("/jobs/bulk", bulk(Collections.nCopies(11, job))).code())
                .isEqualTo("payload_too_large");
        Answer tooLarge = acme.post("/jobs/bulk", bulk(List.of(EMPTY, large)));
        assertThat(tooLarge.status()).isEqualTo(413);
        assertThat(tooLarge.fields()).containsExactly("jobs[1].input");
    }

    @Test
    void whatIsOnlyValidatedIsNotStored() {
        int before = test.count("jobs");

        Answer all = acme.post("/jobs/bulk?validateOnly=true", bulk(List.of(EMPTY, EMPTY)));
        Answer each = acme.post(
                "/jobs/bulk?validateOnly=true", "{\"jobs\":[{\"type\":\"unheard\"}," + EMPTY + "],\"atomic\":false}");

        assertThat(all.status()).isEqualTo(200);
        assertThat(all.data().get(1).path("maxAttempts").asInt()).isEqualTo(5);
        assertThat(each.data().get(0).at("/error/code").asText()).isEqualTo("unknown_job_type");
        assertThat(each.data().get(1).at("/data/type").asText()).isEqualTo("empty");
        assertThat(test.count("jobs")).isEqualTo(before);
    }

    @Test
    void aRepeatWithItsKeyIsToldTheFirstAnswer() {
        String body = bulk(List.of(EMPTY, EMPTY));
        Answer first = acme.post("/jobs/bulk", body, "Idempotency-Key", "bulk");
        int stored = test.count("jobs");

        Answer again = acme.post("/jobs/bulk", body, "Idempotency-Key", "bulk");

        assertThat(again.http().body()).isEqualTo(first.http().body());
        assertThat(again.status()).isEqualTo(201);
        assertThat(again.header("Idempotency-Replayed")).isEqualTo("true");
        assertThat(acme.post("/jobs/bulk", bulk(List.of(EMPTY)), "Idempotency-Key", "bulk")
                        .code())
                .isEqualTo("idempotency_key_reused");
        assertThat(test.count("jobs")).isEqualTo(stored);
    }

    @Test
    void manySingleJobsAtOnceAreEachAnsweredWithTheirOwn() throws Exception {
        int before = test.count("jobs");
        ExecutorService callers = Executors.newFixedThreadPool(24);
        List<Future<Answer>> answers = new ArrayList<>();
        for (int i = 0; i < 240; i++) {
            int priority = i % 200 - 100;
            answers.add(callers.submit(() -> acme.post("/jobs", "{\"type\":\"empty\",\"priority\":" + priority + "}")));
        }

        Set<String> ids = new HashSet<>();
        for (int i = 0; i < answers.size(); i++) {
            Answer answer = answers.get(i).get();
            assertThat(answer.status()).isEqualTo(201);
            assertThat(answer.data().path("priority").asInt()).isEqualTo(i % 200 - 100);
            ids.add(answer.id());
        }
        callers.shutdown();

        assertThat(ids).hasSize(240);
        assertThat(test.count("jobs")).isEqualTo(before + 240);
    }

    private static String bulk(List<String> jobs) {
        return "{\"jobs\":[" + String.join(",", jobs) + "]}";
    }
}
