package dev.carnelian.crawl;

import dev.carnelian.crawl.FrontierDao.Seed;
import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobCancelledException;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobFailure;
import dev.carnelian.job.TenantId;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of one crawl, those that are done with and those that wait. They are kept in the database, so that
 * another attempt goes on where this one stops, and the heap does not grow with the crawl. Thread-safe.
 *
 * <p>One attempt owns the crawl; whatever an earlier one still wants to write is refused.
 */
final class Frontier {
    private static final int PAGE = 1_000;
    private static final int CHANGES_AT_ONCE = 2;

    private final Jdbi jdbi;
    private final UUID job;
    private final TenantId tenant;
    private final UUID owner = UUID.randomUUID();
    private final int most;
    // One stores a page while another adds addresses: a crawl takes no more connections than that,
    // and no transaction waits for long.
    private final Semaphore changes = new Semaphore(CHANGES_AT_ONCE, true);
    // Addresses are added and ended by one thread at a time, up to its commit: each sees what the others have found.
    private final ReentrantLock turn = new ReentrantLock();
    private int next;

    private Frontier(Jdbi jdbi, JobContext context, int most) {
        this.jdbi = jdbi;
        this.job = context.jobId().value();
        this.tenant = context.tenant();
        this.most = most;
    }

    /**
     * Takes the crawl over from earlier attempts, or begins it with these addresses.
     *
     * @param most the position from which on no more addresses are added
     * @throws JobCancelledException if a later attempt has it already
     */
    static Frontier open(Jdbi jdbi, JobContext context, List<Seed> seeds, int most) {
        Frontier frontier = new Frontier(jdbi, context, most);
        jdbi.useTransaction(transaction -> {
            FrontierDao dao = transaction.attach(FrontierDao.class);
            if (dao.own(frontier.job, context.attempt(), frontier.owner) == 0) {
                throw replaced();
            }
            if (dao.nextPosition(frontier.job) == 0) {
                dao.insert(frontier.job, seeds);
            }
            frontier.next = dao.nextPosition(frontier.job);
        });
        return frontier;
    }

    private static JobCancelledException replaced() {
        return new JobCancelledException("another attempt goes on with the crawl");
    }

    UUID job() {
        return job;
    }

    TenantId tenant() {
        return tenant;
    }

    /** A change of this crawl. */
    interface Change<T> {
        T in(CrawlTransaction transaction);
    }

    /**
     * Makes a change as the owner of the crawl. Up to {@link #awaitTurn} several go on at the same time.
     *
     * @throws JobCancelledException if this attempt owns it no more; nothing is changed
     */
    <T> T change(Change<T> change) throws InterruptedException {
        changes.acquire();
        try {
            return jdbi.inTransaction(handle -> {
                CrawlTransaction transaction = CrawlTransaction.of(handle);
                if (transaction.frontier().holds(job, owner).isEmpty()) {
                    throw replaced();
                }
                return change.in(transaction);
            });
        } finally {
            changes.release();
            if (turn.isHeldByCurrentThread()) {
                turn.unlock();
            }
        }
    }

    /** Waits, within a change, until the others that have got as far are committed; to be called once. */
    void awaitTurn() {
        turn.lock();
    }

    /**
     * Addresses that were found somewhere.
     *
     * @param origin the address that redirects to them, or null
     */
    record Find(
            List<String> urls,
            int depth,
            Target.Kind kind,
            @Nullable Target origin) {
        static Find pages(List<String> urls, int depth) {
            return new Find(urls, depth, Target.Kind.PAGE, null);
        }

        static Find sitemaps(List<String> urls, int depth) {
            return new Find(urls, depth, Target.Kind.SITEMAP, null);
        }

        /** Others, found in the same place. */
        Find of(List<String> others) {
            return new Find(others, depth, kind, origin);
        }

        static Find redirect(String url, Target from) {
            return new Find(List.of(url), from.depth(), from.kind(), from);
        }
    }

    /** Adds what is new, within a change whose turn it is; answers the addresses that were added. */
    List<String> add(CrawlTransaction transaction, Find find) {
        if (find.urls().isEmpty()) {
            return List.of();
        }
        List<String> added = transaction
                .frontier()
                .add(
                        job,
                        next,
                        find.origin() == null ? null : find.origin().item(),
                        find.urls().toArray(String[]::new),
                        find.urls().stream().map(Addresses::host).toArray(String[]::new),
                        find.depth(),
                        find.origin() == null ? 0 : find.origin().redirects() + 1,
                        wireName(find.kind()),
                        Math.max(0, most - next));
        // After a rollback these places stay empty.
        next += added.size();
        return added;
    }

    /**
     * The end of an address.
     *
     * @param canonical another address, to which the page gives way once that is kept, or null
     * @param duplicateOf the position of the page that is kept in its place, or null
     */
    record End(
            State state,
            long bytes,
            int chunks,
            @Nullable JobFailure failure,
            @Nullable String canonical,
            @Nullable Integer duplicateOf) {
        static End of(State state, long bytes) {
            return new End(state, bytes, 0, null, null, null);
        }

        static End stored(State state, long bytes, int chunks, KnownPage page) {
            return new End(state, bytes, chunks, null, page.canonical().orElse(null), null);
        }

        static End failed(JobFailure failure) {
            return new End(State.FAILED, 0, 0, failure, null, null);
        }

        static End duplicate(int original, long bytes) {
            return new End(State.DUPLICATE, bytes, 0, null, null, original);
        }
    }

    /** Ends an address that waits, within a change. */
    void end(CrawlTransaction transaction, Target target, End end) {
        JobFailure failure = end.failure();
        FrontierDao.End row = new FrontierDao.End(
                target.position(),
                end.state().wireName(),
                end.bytes(),
                end.chunks(),
                failure == null ? null : failure.code(),
                failure == null ? null : failure.message(),
                failure == null ? null : failure.retryable(),
                end.canonical(),
                end.duplicateOf());
        transaction.frontier().end(job, row);
    }

    /** Lets a page that is kept give way to an address once that is kept. */
    void claim(CrawlTransaction transaction, int position, String canonical) {
        transaction.frontier().claim(job, position, canonical);
    }

    /** The next pages after a position that may have to give way to an address which was read after them. */
    List<FrontierDao.Claim> claims(int after) {
        return jdbi.withExtension(FrontierDao.class, dao -> dao.claims(job, after, PAGE));
    }

    /** Makes a page, and what has given way to it, duplicates of another. */
    void giveWay(CrawlTransaction transaction, int position, int original) {
        transaction.frontier().giveWay(job, position, original);
    }

    /** The position of the item under which an address is reported, if the crawl knows the address. */
    Optional<Integer> itemOf(CrawlTransaction transaction, String url) {
        return transaction.frontier().itemOf(job, url);
    }

    /** Addresses of a host that wait, in the order of their discovery, without those that are being fetched. */
    List<Target> waiting(String host, Collection<Integer> without, int limit) {
        return jdbi
                .withExtension(FrontierDao.class, dao -> dao.waiting(job, host, without.toArray(Integer[]::new), limit))
                .stream()
                .map(row -> new Target(
                        row.position(),
                        row.item(),
                        row.name(),
                        row.url(),
                        row.host(),
                        row.depth(),
                        row.redirects(),
                        Target.Kind.valueOf(row.kind().toUpperCase(Locale.ROOT)),
                        0))
                .toList();
    }

    List<String> hostsWaiting(int limit) {
        return jdbi.withExtension(FrontierDao.class, dao -> dao.hostsWaiting(job, limit));
    }

    Counts counts(String collection) {
        return Counts.of(jdbi.withExtension(FrontierDao.class, dao -> dao.counts(job)), collection);
    }

    /** Tells the outcomes of all pages that are done with. */
    void forEachOutcome(Consumer<ItemOutcome> consumer) {
        int after = -1;
        List<FrontierDao.Done> page;
        do {
            int from = after;
            page = jdbi.withExtension(FrontierDao.class, dao -> dao.done(job, from, PAGE));
            for (FrontierDao.Done done : page) {
                consumer.accept(outcome(done));
                after = done.position();
            }
        } while (page.size() == PAGE);
    }

    private static ItemOutcome outcome(FrontierDao.Done done) {
        return done.code() == null || done.message() == null
                ? ItemOutcome.succeeded(done.item(), done.name())
                : ItemOutcome.failed(
                        done.item(), done.name(), new JobFailure(done.code(), done.message(), done.retryable()));
    }

    /** Deletes addresses of crawls whose jobs have ended; answers how many. */
    static int deleteEnded(Jdbi jdbi, int batch) {
        return jdbi.withExtension(FrontierDao.class, dao -> {
            int deleted = dao.deleteAddressesOfEnded(batch);
            return deleted > 0 ? deleted : dao.deleteEnded();
        });
    }

    private static String wireName(Target.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }
}
