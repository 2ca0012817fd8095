package dev.carnelian.crawl;

import com.google.common.collect.Lists;
import dev.carnelian.crawl.Frontier.End;
import dev.carnelian.crawl.Frontier.Find;
import dev.carnelian.job.JobFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Writes what came of a visit: page, document, the end of the address, and where it leads, all in one transaction. So an
 * address that is done with is never fetched again, and one that is not has left no trace. One for each crawl;
 * thread-safe.
 */
final class Ledger {
    private static final int MOST_REDIRECTS = 5;
    private static final int MOST_SITEMAPS = 500;
    private static final int DEEPEST_SITEMAP = 2;
    /** As many as the links of a page. */
    private static final int MOST_AT_ONCE = HtmlPage.MOST_LINKS;

    private final Frontier frontier;
    private final Pages pages;
    private final Scope scope;
    private final Addresses addresses;
    private final Limits limits;
    private final Shapes shapes = new Shapes();
    private final AtomicInteger sitemaps = new AtomicInteger();

    /**
     * How far a crawl goes.
     *
     * @param depth links away from a start address; 0 for none
     * @param sitemaps whether sitemaps are read
     */
    record Limits(int depth, boolean sitemaps) {}

    Ledger(Frontier frontier, Pages pages, Scope scope, Addresses addresses, Limits limits) {
        this.frontier = frontier;
        this.pages = pages;
        this.scope = scope;
        this.addresses = addresses;
        this.limits = limits;
    }

    /**
     * What was written.
     *
     * @param state of the address; still waiting if it has to be visited again
     * @param failure why it failed, or null
     * @param found addresses that were new
     * @param pages how many of them are pages, not sitemaps
     */
    record Entry(State state, @Nullable JobFailure failure, List<String> found, int pages) {}

    /**
     * Writes it.
     *
     * @param offered sitemaps that the robots.txt of a start address names
     */
    Entry write(Target target, Visit visit, List<String> offered) throws InterruptedException {
        List<Find> finds = new ArrayList<>(finds(target, visit));
        finds.add(sitemaps(target, offered, 0));
        Entry first = addMany(finds);
        Entry entry = frontier.change(transaction -> {
            End stored = store(transaction, target, visit);
            if (stored.state() == State.WAITING) {
                return new Entry(stored.state(), null, List.of(), 0);
            }
            frontier.awaitTurn();
            End kept = keepUnlessElsewhere(transaction, target, visit, stored);
            List<String> found = new ArrayList<>(first.found());
            int newPages = first.pages();
            for (Find find : finds) {
                List<String> added = frontier.add(transaction, find);
                found.addAll(added);
                newPages += find.kind() == Target.Kind.PAGE ? added.size() : 0;
            }
            End end = visit instanceof Visit.Redirected to ? redirected(transaction, target, to, found) : kept;
            frontier.end(transaction, target, end);
            return new Entry(end.state(), end.failure(), found, newPages);
        });
        entry.found().forEach(shapes::add);
        return entry;
    }

    /** Adds what is more than a transaction should hold up, and leaves the rest. Adding it again would change nothing. */
    private Entry addMany(List<Find> finds) throws InterruptedException {
        List<String> found = new ArrayList<>();
        for (int i = 0; i < finds.size(); i++) {
            List<List<String>> slices = Lists.partition(finds.get(i).urls(), MOST_AT_ONCE);
            for (List<String> slice : slices.subList(0, Math.max(0, slices.size() - 1))) {
                Find part = finds.get(i).of(slice);
                found.addAll(frontier.change(transaction -> {
                    frontier.awaitTurn();
                    return frontier.add(transaction, part);
                }));
            }
            finds.set(i, finds.get(i).of(slices.isEmpty() ? List.of() : slices.get(slices.size() - 1)));
        }
        // Only a sitemap lists so many, and what it lists are pages.
        return new Entry(State.WAITING, null, found, found.size());
    }

    private End store(CrawlTransaction transaction, Target target, Visit visit) {
        if (visit instanceof Visit.Read read) {
            int chunks = pages.store(transaction, target.url(), read);
            return End.stored(State.CRAWLED, read.bytes(), chunks, read.page());
        } else if (visit instanceof Visit.Unchanged unchanged) {
            // Its document may have been deleted since we asked: then the next visit asks without conditions.
            boolean kept = pages.confirm(transaction, target.url(), unchanged.page());
            return kept
                    ? End.stored(State.UNCHANGED, unchanged.bytes(), 0, unchanged.page())
                    : End.of(State.WAITING, unchanged.bytes());
        } else if (visit instanceof Visit.Unindexed unindexed) {
            pages.drop(transaction, target.url());
            return End.of(State.DISALLOWED, unindexed.bytes());
        } else if (visit instanceof Visit.Listed listed) {
            return End.of(State.CRAWLED, listed.bytes());
        } else if (visit instanceof Visit.Disallowed) {
            return End.of(State.DISALLOWED, 0);
        } else if (visit instanceof Visit.Failed failed) {
            if (failed.gone() && target.isPage()) {
                pages.drop(transaction, target.url());
            }
            return End.failed(failed.failure());
        }
        return End.of(State.REDIRECTED, 0);
    }

    // ---- what is kept of pages that are the same

    /**
     * A page gives way only to one that is kept, so one of those that are the same always stays. Of two that are read at
     * the same time, the second one sees the first one here.
     */
    private End keepUnlessElsewhere(CrawlTransaction transaction, Target target, Visit visit, End stored) {
        Optional<Integer> original = Optional.empty();
        if (visit instanceof Visit.Read read) {
            original = original(transaction, target, read.page(), false);
        } else if (visit instanceof Visit.Unchanged unchanged) {
            original = original(transaction, target, unchanged.page(), true);
        }
        if (original.isEmpty()) {
            return stored;
        }
        pages.drop(transaction, target.url());
        return End.duplicate(original.get(), stored.bytes());
    }

    private Optional<Integer> original(CrawlTransaction transaction, Target target, KnownPage page, boolean known) {
        Optional<Integer> canonical =
                page.canonical().flatMap(address -> pages.keptAs(transaction, frontier.job(), address));
        if (canonical.isPresent()) {
            return canonical;
        }
        Optional<Pages.Dao.Twin> twin = pages.twin(transaction, frontier.job(), target.url(), page.content());
        if (known && twin.isPresent() && !twin.get().known()) {
            // Every crawl keeps the same one: what is known stays, what is new goes.
            frontier.claim(transaction, twin.get().position(), target.url());
            return Optional.empty();
        }
        return twin.map(Pages.Dao.Twin::position);
    }

    /** Lets a page give way to an address that was read after it, if that is kept. */
    void settle(FrontierDao.Claim claim) throws InterruptedException {
        var unused = frontier.change(transaction -> {
            // Our page is waited for, the other one is not: so no two crawls wait for each other.
            pages.lock(transaction, claim.url());
            Optional<Integer> original = pages.keptAs(transaction, frontier.job(), claim.canonical())
                    .filter(position -> position != claim.position());
            original.ifPresent(position -> {
                pages.drop(transaction, claim.url());
                frontier.giveWay(transaction, claim.position(), position);
            });
            return original;
        });
    }

    // ---- where it leads

    private List<Find> finds(Target target, Visit visit) {
        if (visit instanceof Visit.Read read) {
            return List.of(links(target, read.page().links()));
        } else if (visit instanceof Visit.Unchanged unchanged) {
            return List.of(links(target, unchanged.page().links()));
        } else if (visit instanceof Visit.Unindexed unindexed) {
            return List.of(links(target, unindexed.links()));
        } else if (visit instanceof Visit.Listed listed) {
            Find listedPages = Find.pages(followed(target, listed.sitemap().pages()), 0);
            return List.of(listedPages, sitemaps(target, listed.sitemap().sitemaps(), target.depth() + 1));
        } else if (visit instanceof Visit.Redirected to) {
            return destination(target, to)
                    .map(url -> List.of(Find.redirect(url, target)))
                    .orElse(List.of());
        }
        return List.of();
    }

    private Find links(Target target, List<String> links) {
        List<String> followed = target.depth() < limits.depth() ? followed(target, links) : List.of();
        return Find.pages(followed, target.depth() + 1);
    }

    private List<String> followed(Target target, List<String> links) {
        return links.stream()
                .filter(url -> scope.admits(url, target.host()) && shapes.haveRoomFor(url))
                .toList();
    }

    private Find sitemaps(Target target, List<String> urls, int depth) {
        if (!limits.sitemaps() || depth > DEEPEST_SITEMAP) {
            return Find.sitemaps(List.of(), depth);
        }
        List<String> followed = urls.stream()
                .flatMap(url -> addresses.normal(url).stream())
                .filter(url -> Addresses.host(url).equals(target.host()))
                .limit(Math.max(0, MOST_SITEMAPS - sitemaps.get()))
                .toList();
        sitemaps.addAndGet(followed.size());
        return Find.sitemaps(followed, depth);
    }

    /** A start address may be moved to another host, as from example.com to www.example.com; a link may not. */
    private Optional<String> destination(Target target, Visit.Redirected redirected) {
        return addresses
                .resolve(target.url(), redirected.to())
                .filter(url -> target.depth() == 0 ? scope.admits(url) : scope.admits(url, target.host()))
                .filter(url -> target.redirects() < MOST_REDIRECTS && shapes.haveRoomFor(url));
    }

    private End redirected(
            CrawlTransaction transaction, Target target, Visit.Redirected redirected, List<String> found) {
        if (!found.isEmpty()) {
            return End.of(State.REDIRECTED, 0);
        }
        if (target.redirects() >= MOST_REDIRECTS) {
            return End.failed(CrawlError.TOO_MANY_REDIRECTS.failure());
        }
        Optional<Integer> item = destination(target, redirected).flatMap(url -> frontier.itemOf(transaction, url));
        if (item.isPresent()) {
            return item.get() == target.item()
                    ? End.failed(CrawlError.TOO_MANY_REDIRECTS.failure())
                    : End.of(State.DUPLICATE, 0);
        }
        return target.depth() == 0
                ? End.failed(CrawlError.REDIRECT_NOT_FOLLOWED.failure())
                : End.of(State.REDIRECTED, 0);
    }
}
