package dev.carnelian.jobstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.JobKey;
import org.quartz.JobPersistenceException;

class KnownJobsTest {
    private static final JobKey KEY = new JobKey("work", "jobs");
    private static final Connection UNUSED = (Connection) Proxy.newProxyInstance(
            KnownJobsTest.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                throw new UnsupportedOperationException(method.getName());
            });

    private int asked;

    @Test
    void aDatabaseThatFailsSaysNothingOfTheJob() throws Exception {
        KnownJobs jobs = new KnownJobs(
                (connection, key) -> {
                    asked++;
                    if (asked == 1) {
                        throw new JobPersistenceException("no answer", new SQLException("gone", "08006"));
                    }
                    return job(key);
                },
                new Skipped());

        assertThatThrownBy(() -> jobs.find(UNUSED, KEY)).isInstanceOf(JobPersistenceException.class);

        assertThat(jobs.skipped()).isEmpty();
        assertThat(jobs.find(UNUSED, KEY)).map(JobDetail::getKey).contains(KEY);
    }

    @Test
    void aJobWhoseClassIsMissingHereIsLeftToOthers() throws Exception {
        KnownJobs jobs = new KnownJobs(
                (connection, key) -> {
                    throw new JobPersistenceException("no class", new ClassNotFoundException("gone.Job"));
                },
                new Skipped());

        assertThat(jobs.find(UNUSED, KEY)).isEmpty();

        assertThat(jobs.skipped()).containsExactly("work");
    }

    @Test
    void aJobIsReadOnce() throws Exception {
        KnownJobs jobs = new KnownJobs(
                (connection, key) -> {
                    asked++;
                    return job(key);
                },
                new Skipped());

        JobDetail first = jobs.find(UNUSED, KEY).orElseThrow();
        JobDetail second = jobs.find(UNUSED, KEY).orElseThrow();

        assertThat(asked).isEqualTo(1);
        assertThat(first).isNotSameAs(second);
    }

    private static JobDetail job(JobKey key) {
        return JobBuilder.newJob(org.quartz.Job.class).withIdentity(key).build();
    }
}
