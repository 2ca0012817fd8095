package dev.carnelian.crawl;

import dev.carnelian.crawl.Bodies.Body;
import dev.carnelian.crawl.Visit.Failed;
import dev.carnelian.job.JobFailure;
import dev.carnelian.net.BlockedTargetException;
import dev.carnelian.net.OutboundAnswer;
import dev.carnelian.net.OutboundClient;
import dev.carnelian.net.OutboundException;
import dev.carnelian.net.OutboundLimits;
import dev.carnelian.net.OutboundRequest;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Goes to addresses: minds robots.txt and the host's other visitors, asks only for what has changed, reads what comes.
 * Redirects are addresses of their own, so that all of this holds for them too. One for each crawl; thread-safe.
 */
final class Visitor {
    static final OutboundLimits LIMITS = new OutboundLimits(
            Duration.ofSeconds(10), Duration.ofSeconds(20), Duration.ofSeconds(45), Bodies.LARGEST, 0);

    private static final Duration SHORT_PAUSE = Duration.ofMillis(500);
    private static final Duration PAUSE_WHEN_ASKED = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

    private final Parts parts;
    private final Robots robots;
    private final Pages pages;
    private final PageReader reader;
    private final Duration shortestDelay;

    /** What all crawls of a node share. */
    record Parts(
            OutboundClient client,
            OutboundLimits limits,
            CrawlConfiguration configuration,
            HostGate gate,
            Bodies bodies) {}

    Visitor(Parts parts, Pages pages, PageReader reader, Duration delay) {
        this.parts = parts;
        this.robots = new Robots(parts.client(), parts.configuration());
        this.pages = pages;
        this.reader = reader;
        Duration least = parts.configuration().minDelay().toJavaDuration();
        this.shortestDelay = delay.compareTo(least) > 0 ? delay : least;
    }

    /** The rules for an address, once it was visited. */
    Optional<Robots.Rules> rules(String url) {
        return robots.known(url);
    }

    /** The time between two requests to the host of an address, as far as it is known by now. */
    Duration delay(String url) {
        return rules(url).map(rules -> rules.delay(shortestDelay)).orElse(shortestDelay);
    }

    Visit visit(Target target) throws InterruptedException {
        Optional<Robots.Rules> known = rules(target.url());
        if (known.isEmpty()) {
            return inTurn(target, () -> afterRobots(target)).finish();
        }
        return known.get().allow(target.url())
                ? inTurn(target, () -> fetch(target)).finish()
                : new Visit.Disallowed();
    }

    /** What is left to do once the host need not be kept waiting any more. */
    private interface Rest {
        Visit finish() throws InterruptedException;
    }

    private interface Request {
        Rest send() throws InterruptedException;
    }

    private Rest inTurn(Target target, Request request) throws InterruptedException {
        Duration delay = delay(target.url());
        if (delay.isZero()) {
            return request.send();
        }
        Optional<HostGate.Turn> turn = parts.gate().take(target.host(), delay);
        if (turn.isEmpty()) {
            Duration wait = parts.gate().waitFor(target.host(), delay);
            return () -> new Visit.NotYet(wait);
        }
        try (HostGate.Turn taken = turn.get()) {
            return request.send();
        }
    }

    /** The host has been asked for its robots.txt; the page has a turn of its own, with the delay that the file names. */
    private Rest afterRobots(Target target) throws InterruptedException {
        return robots.fetch(target.url())
                ? () -> new Visit.NotYet(Duration.ZERO)
                : () -> new Failed(CrawlError.ROBOTS_UNAVAILABLE.failure(), false, SHORT_PAUSE, true);
    }

    private Rest fetch(Target target) throws InterruptedException {
        Optional<KnownPage> known = target.isPage() ? pages.find(target.url()) : Optional.empty();
        Map<String, String> headers = new TreeMap<>(Map.of(
                "User-Agent",
                parts.configuration().userAgent(),
                "Accept",
                "text/html,application/xhtml+xml,*/*;q=0.5"));
        known.ifPresent(page -> headers.putAll(page.validators().conditions()));
        OutboundRequest request = new OutboundRequest("GET", URI.create(target.url()), headers, null, parts.limits());
        AtomicBoolean answered = new AtomicBoolean();
        try {
            return parts.client().send(request, answer -> {
                answered.set(true);
                return read(target, known, answer);
            });
        } catch (BlockedTargetException e) {
            return () -> Failed.of(JobFailure.permanent(e.code(), String.valueOf(e.getMessage())));
        } catch (OutboundException e) {
            JobFailure failure = new JobFailure(e.code(), e.message(), e.retryable());
            // A body that takes all the time there is would do so again; that is the page's trouble, not the host's.
            boolean drips = answered.get() && e.code().equals("timed_out");
            Duration pause = e.retryable() && !drips ? SHORT_PAUSE : Duration.ZERO;
            return () -> new Failed(failure, false, pause, e.retryable() && !answered.get());
        }
    }

    private Rest read(Target target, Optional<KnownPage> known, OutboundAnswer answer) throws IOException {
        int status = answer.status();
        Validators validators = validators(answer, known);
        Optional<String> location = answer.header("Location");
        if (status == 304 && known.isPresent()) {
            KnownPage page = known.get();
            KnownPage now = new KnownPage(page.content(), validators, page.links(), page.canonical());
            return () -> new Visit.Unchanged(now, 0);
        }
        if (status >= 300 && status < 400 && location.isPresent()) {
            return () -> new Visit.Redirected(location.get());
        }
        if (status < 200 || status >= 300) {
            Failed failed = failed(status, answer);
            return () -> failed;
        }
        if (target.isPage() && !Fetched.canHaveText(answer)) {
            return () -> Failed.of(CrawlError.UNSUPPORTED_MEDIA_TYPE.failure());
        }
        Optional<Body> body = parts.bodies().read(answer.body());
        if (body.isEmpty()) {
            return () -> new Failed(CrawlError.BUSY.failure(), false, SHORT_PAUSE, false);
        }
        Fetched fetched = Fetched.of(answer, body.get(), validators, known);
        return () -> {
            try (Body read = fetched.body()) {
                return reader.read(target, fetched);
            }
        };
    }

    /** A server need not repeat with a 304 what it said of the page before. */
    private static Validators validators(OutboundAnswer answer, Optional<KnownPage> known) {
        Validators said = new Validators(
                answer.header("ETag").orElse(null),
                answer.header("Last-Modified").orElse(null));
        boolean silent = said.etag() == null && said.lastModified() == null;
        return silent && answer.status() == 304
                ? known.map(KnownPage::validators).orElse(said)
                : said;
    }

    private static Failed failed(int status, OutboundAnswer answer) {
        Duration pause = status == 429 || (status >= 502 && status <= 504) ? asked(answer) : Duration.ZERO;
        return new Failed(CrawlError.ofStatus(status), status == 404 || status == 410, pause, false);
    }

    /** Only the form in seconds: a date would have to be compared with a clock that is not ours. */
    private static Duration asked(OutboundAnswer answer) {
        return answer.header("Retry-After")
                .filter(text -> text.matches("[0-9]{1,6}"))
                .map(text -> Duration.ofSeconds(Integer.parseInt(text)))
                .map(asked -> asked.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : asked)
                .orElse(PAUSE_WHEN_ASKED);
    }
}
