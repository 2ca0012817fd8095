package dev.carnelian.crawl;

import dev.carnelian.crawl.Ledger.Entry;
import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobFailure;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * One attempt of a crawl. A single thread hands out addresses and tells the job what became of them; a few others visit
 * them and write what they find.
 */
final class Crawl {
    private static final int MOST_TRIES = 3;
    private static final Duration LONGEST_WAIT = Duration.ofMillis(200);
    private static final Duration SHORTEST_WAIT = Duration.ofMillis(5);
    private static final long STOPPED_WITHIN_SECONDS = 3;

    private final Parts parts;
    private final JobContext context;
    private final int mostPages;
    private final int threads;
    private final HostQueues queues;
    private int known;
    private int done;
    private int fetched;
    private int underWay;
    private int pagesUnderWay;

    /** What a crawl is made of. */
    record Parts(Frontier frontier, Ledger ledger, Visitor visitor) {}

    /**
     * @param mostPages pages that are fetched at most, those of earlier attempts included
     * @param threads pages that are fetched at once
     */
    Crawl(Parts parts, JobContext context, int mostPages, int threads) {
        this.parts = parts;
        this.context = context;
        this.mostPages = mostPages;
        this.threads = Math.min(threads, mostPages);
        this.queues = new HostQueues(parts.frontier(), this.threads);
    }

    /** A visit and what was written of it; nothing if the address has to wait or is tried again. */
    private record Step(Target target, Visit visit, Optional<Entry> entry) {}

    /** Goes on until the pages are enough or no more are known. */
    void run(Counts before) throws InterruptedException {
        known = before.known();
        done = before.done();
        fetched = before.fetched();
        Map<String, String> mdc = Objects.requireNonNullElse(MDC.getCopyOfContextMap(), Map.of());
        ExecutorService pool = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(
                    () -> {
                        MDC.setContextMap(mdc);
                        task.run();
                    },
                    "crawl");
            thread.setDaemon(true);
            return thread;
        });
        try {
            drive(new ExecutorCompletionService<>(pool));
        } finally {
            pool.shutdownNow();
            var unused = pool.awaitTermination(STOPPED_WITHIN_SECONDS, TimeUnit.SECONDS);
        }
        settleClaims();
    }

    /** Pages that were read before the address they name as their own have been kept up to here. */
    private void settleClaims() throws InterruptedException {
        int after = -1;
        List<FrontierDao.Claim> claims;
        do {
            claims = parts.frontier().claims(after);
            for (FrontierDao.Claim claim : claims) {
                context.throwIfCancelled();
                parts.ledger().settle(claim);
                after = claim.position();
            }
        } while (!claims.isEmpty());
    }

    private void drive(CompletionService<Step> visits) throws InterruptedException {
        while (true) {
            context.throwIfCancelled();
            boolean more = handOut(visits);
            if (underWay == 0 && !more) {
                return;
            }
            Future<Step> visit = visits.poll(waitMillis(), TimeUnit.MILLISECONDS);
            if (visit != null) {
                settle(result(visit));
            }
        }
    }

    /** Whether there may be more to hand out later. */
    private boolean handOut(CompletionService<Step> visits) {
        while (underWay < threads && fetched + pagesUnderWay < mostPages) {
            if (queues.isEmpty() && !queues.refill()) {
                return false;
            }
            Optional<Target> next = queues.next();
            if (next.isEmpty()) {
                return !queues.isEmpty() || underWay == 0;
            }
            Target target = next.get();
            boolean givenUp = queues.isGivenUp(target);
            underWay++;
            pagesUnderWay += target.isPage() ? 1 : 0;
            context.message("at " + target.url());
            var unused = visits.submit(() -> visit(target, givenUp));
        }
        return false;
    }

    private long waitMillis() {
        Duration wait = queues.untilReady();
        wait = wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
        boolean full = underWay >= threads || fetched + pagesUnderWay >= mostPages;
        return full ? LONGEST_WAIT.toMillis() : Math.max(SHORTEST_WAIT.toMillis(), wait.toMillis());
    }

    private static Step result(Future<Step> visit) throws InterruptedException {
        try {
            return visit.get();
        } catch (ExecutionException e) {
            // The attempt ends with whatever went wrong: the database, or a child that reads documents.
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    // ---- in the threads of the crawl

    private Step visit(Target target, boolean givenUp) throws InterruptedException {
        Visit visit = givenUp
                ? Visit.Failed.of(CrawlError.HOST_UNREACHABLE.failure())
                : parts.visitor().visit(target);
        if (visit instanceof Visit.NotYet || isWorthAnotherTry(target, visit)) {
            return new Step(target, visit, Optional.empty());
        }
        boolean start = target.isPage() && target.depth() == 0;
        List<String> sitemaps = start
                ? parts.visitor()
                        .rules(target.url())
                        .map(Robots.Rules::sitemaps)
                        .orElse(List.of())
                : List.of();
        return new Step(target, visit, Optional.of(parts.ledger().write(target, visit, sitemaps)));
    }

    private static boolean isWorthAnotherTry(Target target, Visit visit) {
        return visit instanceof Visit.Failed failed && !failed.pause().isZero() && target.tries() + 1 < MOST_TRIES;
    }

    // ---- in the thread of the handler

    private void settle(Step step) {
        Target target = step.target();
        underWay--;
        pagesUnderWay -= target.isPage() ? 1 : 0;
        boolean answered = !(step.visit() instanceof Visit.Failed failed && failed.unanswered());
        if (step.visit() instanceof Visit.NotYet notYet) {
            queues.notYet(target, notYet.atLeast());
        } else if (step.entry().isEmpty() || step.entry().get().state() == State.WAITING) {
            Duration pause = step.visit() instanceof Visit.Failed failed ? failed.pause() : Duration.ZERO;
            queues.again(target.triedAgain(), pause, answered);
        } else {
            Entry entry = step.entry().get();
            queues.done(target, parts.visitor().delay(target.url()), answered);
            queues.added(entry.found());
            tell(target, entry);
        }
    }

    private void tell(Target target, Entry entry) {
        known += entry.pages();
        if (!target.isPage()) {
            tellOfSitemap(target, entry.failure());
            return;
        }
        done++;
        if (entry.state().isFetched()) {
            fetched++;
            context.item(
                    entry.failure() == null
                            ? ItemOutcome.succeeded(target.item(), target.name())
                            : ItemOutcome.failed(target.item(), target.name(), entry.failure()));
        } else if (target.depth() == 0 && entry.state() == State.DISALLOWED) {
            context.log(JobContext.LogLevel.WARN, "not read, as its site keeps it from crawlers: " + target.url());
        }
        int left = Math.min(known - done, mostPages - fetched);
        context.progress(done, Math.max(1, done + Math.max(0, left)));
    }

    private void tellOfSitemap(Target target, @Nullable JobFailure failure) {
        if (failure != null) {
            context.log(JobContext.LogLevel.WARN, "no sitemap at " + target.url() + ": " + failure.message());
        }
    }
}
