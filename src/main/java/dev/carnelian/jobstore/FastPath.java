package dev.carnelian.jobstore;

import dev.carnelian.jobstore.HeldRuns.Held;
import dev.carnelian.jobstore.OnceClaims.Claimed;
import dev.carnelian.jobstore.OnceClaims.Wanted;
import dev.carnelian.jobstore.OnceRows.Fired;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.quartz.JobDetail;
import org.quartz.JobPersistenceException;
import org.quartz.spi.OperableTrigger;
import org.quartz.spi.TriggerFiredBundle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of plain one-shots on one node: claimed and fired in one statement, held in memory until Quartz's thread asks
 * for them, ended in batches by a {@link Completer}, or given back. Thread-safe, but for the claim, which is Quartz's one
 * scheduler thread's.
 */
final class FastPath {
    private static final Logger LOG = LoggerFactory.getLogger(FastPath.class);

    private static final int FIRST_CLAIM = 64;
    private static final int LARGE_CLAIM = 100;
    /** So many milliseconds. */
    private static final int MOST_POLITE = 10;

    /** Runs that must not be: their claim may have been committed though it failed here, or Quartz gave them up. */
    private record Doubt(List<String> entryIds) {}

    private final OnceClaims claims;
    private final OnceRows rows;
    private final DueAgain dueAgain;
    private final Transactions transactions;
    private final KnownJobs jobs;
    private final DatabaseClock clock;
    private final String instance;
    private final @Nullable StoreHook hook;
    private final @Nullable Set<String> jobNames;

    private final HeldRuns held = new HeldRuns();
    private final AtomicLong nextEntry = new AtomicLong(System.currentTimeMillis() * 1_000);
    private final Queue<Doubt> doubts = new ConcurrentLinkedQueue<>();
    // The claim's own: where the next one goes on.
    private String lane = "";
    /** A claim grows with the backlog: the first jobs need not wait for hundreds of others, nor do peers for the floor. */
    private int most = FIRST_CLAIM;

    private long round;

    FastPath(
            Tables tables,
            Transactions transactions,
            KnownJobs jobs,
            DatabaseClock clock,
            String instance,
            @Nullable StoreHook hook,
            @Nullable Set<String> jobNames) {
        this.claims = new OnceClaims(tables);
        this.rows = new OnceRows(tables);
        this.dueAgain = new DueAgain(rows, hook);
        this.transactions = transactions;
        this.jobs = jobs;
        this.clock = clock;
        this.instance = instance;
        this.hook = hook;
        this.jobNames = jobNames;
    }

    /** Claims and fires up to so many of what is due. Called by Quartz's one scheduler thread. */
    List<OperableTrigger> claim(int freeSlots) throws JobPersistenceException {
        settleDoubts();
        if (freeSlots == 0) {
            return List.of();
        }
        int slots = Math.min(freeSlots, most);
        long first = nextEntry.getAndAdd(slots);
        // Of each two rounds of one slot the first goes by priority alone; of more slots half go round the lanes.
        int fairSlots = slots == 1 ? (int) (round++ & 1) : slots / 2;
        Wanted wanted = new Wanted(instance, first, slots, fairSlots, lane, jobNames, jobs.skipped());
        List<Held> claimed;
        try {
            claimed = transactions.run(connection -> claim(connection, wanted));
        } catch (JobPersistenceException e) {
            doubts.add(new Doubt(LongStream.range(first, first + slots)
                    .mapToObj(number -> instance + number)
                    .toList()));
            throw e;
        }
        held.add(claimed);
        most = claimed.size() < slots ? FIRST_CLAIM : Math.max(most, 2 * slots);
        List<OperableTrigger> triggers = new ArrayList<>(claimed.size());
        claimed.forEach(run -> triggers.add(OnceTrigger.of(run.fired())));
        return triggers;
    }

    private List<Held> claim(Connection connection, Wanted wanted) throws Exception {
        letPeersFinish(connection, wanted.slots());
        Claimed claimed = claims.claim(connection, wanted, clock.millis());
        if (wanted.fairSlots() > 0) {
            // Round again from the first lane once fewer lanes than slots are left.
            lane = claimed.lastLane() == null || claimed.lanes() < wanted.fairSlots() ? "" : claimed.lastLane();
        }
        List<Held> runs = withTheirJobs(connection, claimed.fired());
        Set<String> refused = start(connection, runs);
        if (!refused.isEmpty()) {
            var unused = rows.end(connection, refused);
        }
        return runs.stream().filter(run -> !refused.contains(run.entryId())).toList();
    }

    /** Two claims at once look through each other's rows in vain, so that a large one lets a peer's end, if it can wait. */
    private void letPeersFinish(Connection connection, int slots) throws SQLException, InterruptedException {
        for (int tries = 0; slots >= LARGE_CLAIM && tries < MOST_POLITE && !claims.hasTheFloor(connection); tries++) {
            Thread.sleep(1);
        }
    }

    /** Those whose jobs this node can run; the others are due again, for other nodes. */
    private List<Held> withTheirJobs(Connection connection, List<Fired> fired)
            throws SQLException, JobPersistenceException {
        List<Held> runs = new ArrayList<>(fired.size());
        List<String> homeless = new ArrayList<>();
        for (Fired one : fired) {
            Optional<JobDetail> job = jobs.find(connection, one.run().job());
            if (job.isPresent()) {
                runs.add(new Held(one, job.get()));
            } else {
                homeless.add(one.run().entryId());
            }
        }
        if (!homeless.isEmpty()) {
            rows.putBack(connection, homeless);
        }
        return runs;
    }

    /** Tells the application; answers what it refuses. */
    private Set<String> start(Connection connection, List<Held> runs) throws SQLException {
        return hook == null || runs.isEmpty()
                ? Set.of()
                : hook.onFired(
                        connection, runs.stream().map(run -> run.fired().run()).toList());
    }

    /** Whether the trigger was claimed here and its run has not ended. */
    boolean holds(OperableTrigger trigger) {
        String entryId = trigger.getFireInstanceId();
        return entryId != null && held.find(entryId).isPresent();
    }

    /** A thread begins with the run; false if it was given back meanwhile. */
    boolean begin(String entryId) {
        return held.begin(entryId);
    }

    /** What Quartz needs to run it: the claim has fired it already. */
    @SuppressWarnings("JavaUtilDate") // Quartz's own type
    @Nullable
    TriggerFiredBundle bundle(OperableTrigger trigger) {
        Held run = held.find(trigger.getFireInstanceId()).orElse(null);
        if (run == null) {
            return null;
        }
        trigger.triggered(null);
        return new TriggerFiredBundle(
                run.job(), trigger, null, false, new Date(), trigger.getPreviousFireTime(), null, null);
    }

    /** Its run is over, or will never be: it is no longer held here. */
    Optional<Run> letGo(String entryId) {
        return held.letGo(entryId);
    }

    /** Gives back what has waited for a thread for too long, as all of them turned out to be busy. */
    void releaseStale() {
        release(held.letStaleGo());
    }

    /** Gives back what Quartz's thread claimed and dropped when it was halted, and what never ended. */
    void releaseAll() {
        release(held.entryIds());
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

    /** Releases what could not be released before, which then is due: also for whoever looks what is. */
    void settleDoubts() throws JobPersistenceException {
        for (Doubt doubt = doubts.peek(); doubt != null; doubt = doubts.peek()) {
            List<String> entryIds = doubt.entryIds();
            boolean unused = transactions.run(connection -> {
                dueAgain.release(connection, entryIds);
                return true;
            });
            entryIds.forEach(held::letGo);
            doubts.remove(doubt);
        }
    }
}
