package dev.carnelian.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.carnelian.access.ApiKeys;
import dev.carnelian.access.Scope;
import dev.carnelian.cluster.NodeList;
import dev.carnelian.httpcall.ReportSignals;
import dev.carnelian.httpcall.RunReports;
import dev.carnelian.job.InputRefusedException;
import dev.carnelian.job.JobType;
import dev.carnelian.job.JobTypes;
import dev.carnelian.job.TenantId;
import dev.carnelian.queue.Durations;
import dev.carnelian.queue.Submissions;
import dev.carnelian.queue.TestQueue;
import io.dropwizard.core.Application;
import io.dropwizard.core.setup.Environment;
import io.dropwizard.testing.ConfigOverride;
import io.dropwizard.testing.ResourceHelpers;
import io.dropwizard.testing.junit5.DropwizardAppExtension;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.Pattern;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The routes of jobs on free ports and a real database; the tests do the work of the workers. */
public final class JobsService extends Application<TestService.Settings> {
    private final TestQueue test = new TestQueue();
    private final ApiKeys keys = new ApiKeys(test.jdbi(), Duration.ofMillis(200), Duration.ofMinutes(15));

    /** What jobs of type {@code reading} take. */
    public record Reading(
            @NotEmpty List<@Valid Source> documents,
            @Max(9) @Nullable Integer depth,
            @Nullable Double weight) {}

    /** A part of that. */
    public record Source(
            @NotBlank @Pattern(regexp = "https?://.+") String url) {}

    /** What jobs of type {@code empty} take. */
    public record Nothing(@JsonProperty @Nullable String note) {}

    /** What both give. */
    public record Result(int documentsProcessed, int errors) {}

    static DropwizardAppExtension<TestService.Settings> extension(ConfigOverride... overrides) {
        return new DropwizardAppExtension<>(
                JobsService.class, ResourceHelpers.resourceFilePath("api-test.yml"), overrides);
    }

    @Override
    public void run(TestService.Settings settings, Environment environment) {
        keys.start();
        JobTypes types = new JobTypes(List.of(
                new JobType<>("reading", "Reads documents.", Reading.class, Result.class, JobType.Limits.standard()),
                new JobType<>("empty", "Does nothing.", Nothing.class, Result.class, JobType.Limits.standard())));
        LongPolls longPolls = new LongPolls(test.jobs());
        environment.lifecycle().manage(longPolls);
        Submissions submissions = new Submissions(test.queue());
        submissions.start();
        JobRoutes.Sources sources = new JobRoutes.Sources(
                test.queue(),
                submissions,
                test.jobs(),
                new Durations(test.jdbi()),
                types,
                JobsService::check,
                new NodeList(test.jdbi(), Duration.ofSeconds(15)));
        List<Object> resources = new ArrayList<>(
                JobRoutes.of(environment.getObjectMapper(), environment.getValidator(), sources, longPolls));
        RunReports reports = new RunReports(test.jdbi(), new ReportSignals(test.jdbi(), () -> {
            throw new SQLException("nobody waits for reports here");
        }));
        resources.addAll(RunsResource.with(
                reports, test.jobs(), new Validation(environment.getObjectMapper(), environment.getValidator())));
        Api.register(environment, java.util.Objects.requireNonNull(settings.api), keys, resources);
    }

    /** What the handler of {@code reading} thinks of its documents. */
    private static void check(JobType<?, ?> type, Object input) {
        if (input instanceof Reading reading && reading.documents().get(0).url().contains("forbidden")) {
            String code = reading.documents().get(0).url().contains("odd") ? "odd_url" : "blocked_target";
            throw new InputRefusedException(code, "documents[0].url", "may not be reached");
        }
    }

    TestQueue test() {
        return test;
    }

    String newKey(TenantId tenant, Scope... scopes) {
        return keys.create(tenant, "test", Set.of(scopes), null).key();
    }
}
