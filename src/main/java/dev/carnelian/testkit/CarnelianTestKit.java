package dev.carnelian.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carnelian.api.ApiException;
import dev.carnelian.api.ApiJson;
import dev.carnelian.api.Validation;
import dev.carnelian.job.JobHandler;
import dev.carnelian.job.TenantId;
import io.dropwizard.jackson.Jackson;
import io.dropwizard.jersey.validation.Validators;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs a handler in a test as a node would: its input is validated and bound as the API does it, its attempts have a
 * node's context, and what they end with is judged as on a node. Needs no database and no particular test framework: what
 * is wrong is an {@link AssertionError}. Immutable, as is every kit made of another one.
 */
public final class CarnelianTestKit {
    private static final ObjectMapper JSON = mapper();
    private static final Validation VALIDATION = new Validation(JSON, Validators.newValidator());

    private final JobHandler<?, ?> handler;
    private final Set<String> ignored;
    private final @Nullable Work work;

    /**
     * How a test counts what a handler has really worked on.
     *
     * @param units so far, such as documents that were read
     * @param inFlight how many may be done once more after a loss: those under way or not yet written down
     */
    record Work(LongSupplier units, int inFlight) {}

    private CarnelianTestKit(JobHandler<?, ?> handler, Set<String> ignored, @Nullable Work work) {
        this.handler = handler;
        this.ignored = ignored;
        this.work = work;
    }

    private static ObjectMapper mapper() {
        ObjectMapper mapper = Jackson.newObjectMapper();
        ApiJson.configure(mapper);
        return mapper;
    }

    public static CarnelianTestKit of(JobHandler<?, ?> handler) {
        return new CarnelianTestKit(handler, Set.of(), null);
    }

    /** The kit that does not compare these fields of results, because they differ from job to job, such as the id of a file. */
    public CarnelianTestKit ignoring(String... resultFields) {
        return new CarnelianTestKit(handler, Set.of(resultFields), work);
    }

    /**
     * The kit that also sees to it that an attempt does not do again what a lost one had done and
     * written down.
     *
     * @param units how much work the handler has really done so far in this JVM, such as documents that were read
     * @param inFlight how many units may be done once more after a loss: those under way or not yet written down, 1 for a
     *     handler that does one after the other
     */
    public CarnelianTestKit counting(LongSupplier units, int inFlight) {
        return new CarnelianTestKit(handler, ignored, new Work(units, inFlight));
    }

    /**
     * A job of the tenant {@code test}, as {@code POST /jobs} would accept it.
     *
     * @param input JSON text
     * @throws IllegalArgumentException if the API would refuse the input; the message says why
     * @throws dev.carnelian.job.InputRefusedException if the handler's check refuses it
     */
    public TestJob job(String input) {
        return job(new TenantId("test"), input);
    }

    /** The same for any tenant. */
    public TestJob job(TenantId tenant, String input) {
        try {
            JsonNode read = JSON.readTree(input);
            check(handler, read);
            return new TestJob(handler, JSON, tenant, read.toString());
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("the input is not JSON: " + e.getOriginalMessage(), e);
        } catch (ApiException e) {
            throw new IllegalArgumentException("the API would refuse the input: " + e.message(), e);
        }
    }

    private static <I> void check(JobHandler<I, ?> handler, JsonNode input) {
        handler.check(VALIDATION.bind(input, handler.type().input(), "input"));
    }

    /** {@link #verify(Function)} with an input that needs no preparation. */
    public void verify(String input) {
        verify(tenant -> input);
    }

    /**
     * Runs many jobs and asserts what every handler has to keep: its type is always the same value, of records; its result
     * is a JSON object; its progress never falls; an attempt after the loss of one, wherever that was lost and whether or
     * not the last reports were written, ends with the same result and the same items; a cancelled attempt stops within 5
     * seconds and returns no result; a rerun of some items reports these and no others, under their names.
     *
     * @param input gives the JSON text of the input for a job of the tenant, which is a new one each time; it may store what
     *     the input refers to. The job should report at least two items, if its type has any, and need a few seconds at most
     * @throws AssertionError if something is not kept; the message says what, and after which report
     */
    public void verify(Function<TenantId, String> input) {
        new Contract(this, handler, input).verify();
    }

    @Nullable
    Work work() {
        return work;
    }

    Set<String> ignored() {
        return ignored;
    }
}
