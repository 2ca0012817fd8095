package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.quartz.JobDetail;
import org.quartz.JobKey;
import org.quartz.JobPersistenceException;
import org.quartz.spi.OperableTrigger;
import org.quartz.spi.TriggerFiredBundle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of plain one-shots on one node: claimed and fired in one statement, held in memory until Quartz's thread asks
 * for them, ended in batches by a {@link Completer}. Thread-safe.
 */
final class FastPath {
    private static final Logger LOG = LoggerFactory.getLogger(FastPath.class);

    /** How long a job whose class is missing here is left to other nodes. */
    private static final long SHUN_NANOS = 30_000_000_000L;

    /** A run that waits longer than this for a thread is given back: what was claimed ahead was thought to be short. */
    private static final long LONGEST_WAIT_NANOS = 1_000_000_000L;

    private static final int LARGE_CLAIM = 100;
    /** So many milliseconds. */
    private static final int MOST_POLITE = 10;

    /** Loads a job as Quartz does. */
    interface Jobs {
        @Nullable
        JobDetail load(Connection connection, JobKey key) throws JobPersistenceException;
    }

    /** A run that this node has claimed and not yet ended. */
    record Held(OnceRows.Fired fired, JobDetail job) {}

    /** Runs that must not be: their claim may have been committed though it failed here, or Quartz gave them up. */
    private record Doubt(List<String> entryIds) {}

    private final OnceRows rows;
    private final Transactions transactions;
    private final Jobs jobs;
    private final DatabaseClock clock;
    private final String instance;
    private final @Nullable StoreHook hook;
    private final @Nullable Set<String> jobNames;

    private final AtomicLong nextEntry;
    private final Map<String, Held> held = new ConcurrentHashMap<>();
    // Those of them that no thread has begun with, and since when.
    private final Map<String, Long> waitingSince = new ConcurrentHashMap<>();
    private final Map<JobKey, JobDetail> details = new ConcurrentHashMap<>();
    private final Map<String, Long> shunned = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Doubt> doubts = new ConcurrentLinkedQueue<>();
    private String lane = "";
    private long round;

    FastPath(
            OnceRows rows,
            Transactions transactions,
            Jobs jobs,
            DatabaseClock clock,
            String instance,
            @Nullable StoreHook hook,
            @Nullable Set<String> jobNames) {
        this.rows = rows;
        this.transactions = transactions;
        this.jobs = jobs;
        this.clock = clock;
        this.instance = instance;
        this.hook = hook;
        this.jobNames = jobNames;
        this.nextEntry = new AtomicLong(System.currentTimeMillis() * 1_000);
    }

    /** Claims and fires up to so many of what is due. Called by Quartz's one scheduler thread. */
    List<OperableTrigger> claim(int slots) throws JobPersistenceException {
        settleDoubts();
        if (slots == 0) {
            return List.of();
        }
        long first = nextEntry.getAndAdd(slots);
        // Of each two rounds of one slot the first goes by priority alone; of more slots half go round the lanes.
        int fairSlots = slots == 1 ? (int) (round++ & 1) : slots / 2;
        shunned.values().removeIf(since -> System.nanoTime() - since > SHUN_NANOS);
        OnceRows.Claim claim =
                new OnceRows.Claim(instance, first, slots, fairSlots, lane, jobNames, Set.copyOf(shunned.keySet()));
        List<Held> claimed;
        try {
            claimed = transactions.run(connection -> claim(connection, claim));
        } catch (JobPersistenceException e) {
            doubts.add(new Doubt(LongStream.range(first, first + slots)
                    .mapToObj(number -> instance + number)
                    .toList()));
            throw e;
        }
        List<OperableTrigger> triggers = new ArrayList<>(claimed.size());
        long now = System.nanoTime();
        for (Held run : claimed) {
            String entryId = run.fired().run().entryId();
            held.put(entryId, run);
            waitingSince.put(entryId, now);
            triggers.add(trigger(run));
        }
        return triggers;
    }

    /** Two claims at once look through each other's rows in vain, so that a large one lets a peer's end, if it can wait. */
    private void letPeersFinish(Connection connection, int slots) throws SQLException, InterruptedException {
        for (int tries = 0; slots >= LARGE_CLAIM && tries < MOST_POLITE && !rows.hasTheFloor(connection); tries++) {
            Thread.sleep(1);
        }
    }

    private List<Held> claim(Connection connection, OnceRows.Claim claim) throws Exception {
        letPeersFinish(connection, claim.slots());
        OnceRows.Claimed claimed = rows.claim(connection, claim, clock.millis());
        if (claim.fairSlots() > 0) {
            // Round again from the first lane once fewer lanes than slots are left.
            lane = claimed.lastLane() == null || claimed.lanes() < claim.fairSlots() ? "" : claimed.lastLane();
        }
        List<OnceRows.Fired> fired = claimed.fired();
        List<Held> runs = new ArrayList<>(fired.size());
        List<String> homeless = new ArrayList<>();
        for (OnceRows.Fired one : fired) {
            Optional<JobDetail> job = job(connection, one.run().job());
            if (job.isPresent()) {
                runs.add(new Held(one, job.get()));
            } else {
                homeless.add(one.run().entryId());
            }
        }
        if (!homeless.isEmpty()) {
            rows.putBack(connection, homeless);
        }
        Set<String> refused = started(connection, runs);
        if (!refused.isEmpty()) {
            var unused = rows.end(connection, refused);
        }
        return runs.stream()
                .filter(run -> !refused.contains(run.fired().run().entryId()))
                .toList();
    }

    private Set<String> started(Connection connection, List<Held> runs) throws SQLException {
        return hook == null || runs.isEmpty()
                ? Set.of()
                : hook.onFired(
                        connection, runs.stream().map(run -> run.fired().run()).toList());
    }

    /** The job, or nothing if this node cannot run it, which is then left to others for a while. */
    private Optional<JobDetail> job(Connection connection, JobKey key) {
        JobDetail known = details.get(key);
        if (known == null) {
            try {
                known = jobs.load(connection, key);
            } catch (JobPersistenceException e) {
                LOG.warn("job {} cannot be run on this node and is left to others: {}", key, e.getMessage());
            }
            if (known == null) {
                shunned.put(key.getName(), System.nanoTime());
                return Optional.empty();
            }
            details.put(key, known);
        }
        return Optional.of((JobDetail) known.clone());
    }

    /** The job may have been replaced. */
    void forgetJobs() {
        details.clear();
    }

    @SuppressWarnings("JavaUtilDate") // Quartz's own type
    private static OperableTrigger trigger(Held held) {
        OnceTrigger trigger = new OnceTrigger();
        Run run = held.fired().run();
        // By the local clock, by which Quartz's thread waits, it is due, however the clocks differ.
        Date due = new Date(Math.min(held.fired().fireTime(), System.currentTimeMillis()));
        trigger.setKey(run.trigger());
        trigger.setJobKey(run.job());
        trigger.setPriority(held.fired().priority());
        trigger.setStartTime(due);
        trigger.setNextFireTime(due);
        trigger.setFireInstanceId(run.entryId());
        run.data().forEach(trigger.getJobDataMap()::put);
        trigger.getJobDataMap().clearDirtyFlag();
        return trigger;
    }

    /** Whether the trigger was claimed here and its run has not ended. */
    boolean holds(OperableTrigger trigger) {
        String entryId = trigger.getFireInstanceId();
        return entryId != null && held.containsKey(entryId);
    }

    /** A thread begins with the run; false if it was given back meanwhile. */
    boolean begin(String entryId) {
        return waitingSince.remove(entryId) != null;
    }

    /** Gives back what has waited for a thread for too long, as all of them turned out to be busy. */
    void releaseStale() {
        long now = System.nanoTime();
        List<String> stale = new ArrayList<>();
        waitingSince.forEach((entryId, since) -> {
            if (now - since > LONGEST_WAIT_NANOS && waitingSince.remove(entryId, since)) {
                held.remove(entryId);
                stale.add(entryId);
            }
        });
        release(stale);
    }

    /** What Quartz needs to run it: the claim has fired it already. */
    @SuppressWarnings("JavaUtilDate") // Quartz's own type
    @Nullable
    TriggerFiredBundle bundle(OperableTrigger trigger) {
        Held run = held.get(trigger.getFireInstanceId());
        if (run == null) {
            return null;
        }
        trigger.triggered(null);
        return new TriggerFiredBundle(
                run.job(), trigger, null, false, new Date(), trigger.getPreviousFireTime(), null, null);
    }

    /** Its run is over, or will never be: it is no longer held here. */
    Optional<Run> letGo(String entryId) {
        waitingSince.remove(entryId);
        return Optional.ofNullable(held.remove(entryId)).map(run -> run.fired().run());
    }

    /** Makes triggers of this node due again whose runs did not start; if that fails, before the next claim. */
    void release(Collection<String> entryIds) {
        if (entryIds.isEmpty()) {
            return;
        }
        doubts.add(new Doubt(List.copyOf(entryIds)));
        try {
            settleDoubts();
        } catch (JobPersistenceException e) {
            LOG.warn("{} claims could not be released and are at the next claim: {}", entryIds.size(), e.getMessage());
        }
    }

    private void putBack(Connection connection, List<OnceRows.Fired> fired) throws SQLException {
        if (fired.isEmpty()) {
            return;
        }
        List<Run> runs = fired.stream().map(OnceRows.Fired::run).toList();
        rows.putBack(connection, runs.stream().map(Run::entryId).toList());
        if (hook != null) {
            hook.onReleased(connection, runs);
        }
    }

    private void settleDoubts() throws JobPersistenceException {
        for (Doubt doubt = doubts.peek(); doubt != null; doubt = doubts.peek()) {
            List<String> entryIds = doubt.entryIds();
            boolean unused = transactions.run(connection -> {
                putBack(connection, rows.lock(connection, instance, entryIds));
                return true;
            });
            entryIds.forEach(this::letGo);
            doubts.remove(doubt);
        }
    }

    /** The instance is dead: its one-shots are due again, but for those that must not run again. */
    static void recover(Connection connection, OnceRows rows, String instance, @Nullable StoreHook hook)
            throws SQLException {
        List<OnceRows.Fired> orphans = rows.lock(connection, instance, null);
        if (orphans.isEmpty()) {
            return;
        }
        Set<String> ended = new HashSet<>();
        if (hook != null) {
            ended.addAll(hook.onRecovered(
                    connection, orphans.stream().map(OnceRows.Fired::run).toList()));
        } else {
            orphans.stream()
                    .filter(orphan -> !orphan.recoverable())
                    .forEach(orphan -> ended.add(orphan.run().entryId()));
        }
        var unused = rows.end(connection, ended);
        rows.putBack(
                connection,
                orphans.stream()
                        .map(orphan -> orphan.run().entryId())
                        .filter(entryId -> !ended.contains(entryId))
                        .toList());
    }

    OnceRows rows() {
        return rows;
    }

    /** The runs that Quartz's thread claimed and dropped when it was halted, or that never ended. */
    Set<String> leftOver() {
        return Set.copyOf(held.keySet());
    }
}
