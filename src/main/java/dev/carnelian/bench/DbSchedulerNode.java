package dev.carnelian.bench;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import io.dropwizard.db.ManagedDataSource;
import java.time.Duration;

/** A db-scheduler, tuned as its documentation advises for many executions a second: lock-and-fetch with 1.0 and 4.0. */
final class DbSchedulerNode implements Node {
    private final ManagedDataSource pool;
    private final Scheduler scheduler;

    DbSchedulerNode(String url, RunLog log) {
        pool = Sql.pool(url, Contender.THREADS + 8, "");
        scheduler = Scheduler.create(
                        pool, Tasks.oneTime(DbScheduler.TASK).execute((task, context) -> log.ran(task.getId())))
                .schedulerName(new SchedulerName.Fixed(
                        "node-" + ProcessHandle.current().pid()))
                .threads(Contender.THREADS)
                .pollUsingLockAndFetch(1.0, 4.0)
                .pollingInterval(Duration.ofMillis(100))
                .build();
        scheduler.start();
    }

    @Override
    public void pause() {
        scheduler.pause();
    }

    @Override
    public void resume() {
        scheduler.resume();
    }

    @Override
    public void close() {
        scheduler.stop();
        try {
            pool.stop();
        } catch (Exception e) {
            throw new IllegalStateException("the pool did not close", e);
        }
    }
}
