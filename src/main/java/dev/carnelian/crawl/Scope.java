package dev.carnelian.crawl;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Which links a crawl follows: what its input says, and nothing that looks like a trap. Immutable. */
final class Scope {
    private static final int MOST_SEGMENTS = 20;
    private static final int MOST_REPETITIONS = 3;
    private static final int MOST_PARAMETERS = 8;

    /** Nothing that a reader would call text. */
    private static final Set<String> NO_TEXT = Set.of(
            "jpg", "jpeg", "png", "gif", "svg", "webp", "avif", "ico", "bmp", "tif", "tiff", "css", "js", "mjs", "map",
            "woff", "woff2", "ttf", "otf", "eot", "mp3", "mp4", "m4a", "m4v", "ogg", "ogv", "wav", "flac", "avi", "mov",
            "mkv", "webm", "wmv", "zip", "gz", "tgz", "bz2", "xz", "7z", "rar", "tar", "jar", "war", "exe", "msi",
            "dmg", "iso", "deb", "rpm", "apk", "bin", "class", "so", "dll", "wasm");

    private final boolean sameHost;
    private final List<Glob> include;
    private final List<Glob> exclude;

    Scope(CrawlInput input) {
        this.sameHost = input.staysOnHost();
        this.include = input.included().stream().map(Glob::new).toList();
        this.exclude = input.excluded().stream().map(Glob::new).toList();
    }

    /**
     * Whether to follow a link.
     *
     * @param url normal
     * @param fromHost the host of the page it stands in
     */
    boolean admits(String url, String fromHost) {
        return (!sameHost || Addresses.host(url).equals(fromHost)) && admits(url);
    }

    /** The same wherever the link stands. */
    boolean admits(String url) {
        return (include.isEmpty() || include.stream().anyMatch(glob -> glob.matches(url)))
                && exclude.stream().noneMatch(glob -> glob.matches(url))
                && !looksLikeATrap(url);
    }

    private static boolean looksLikeATrap(String url) {
        int question = url.indexOf('?');
        String path = url.substring(Addresses.origin(url).length(), question < 0 ? url.length() : question);
        if (question >= 0 && url.chars().skip(question).filter(c -> c == '&').count() >= MOST_PARAMETERS) {
            return true;
        }
        int dot = path.lastIndexOf('.');
        if (dot > path.lastIndexOf('/')
                && NO_TEXT.contains(path.substring(dot + 1).toLowerCase(Locale.ROOT))) {
            return true;
        }
        List<String> segments = Arrays.stream(path.split("/", -1))
                .filter(segment -> !segment.isEmpty())
                .toList();
        return segments.size() > MOST_SEGMENTS || repeats(segments);
    }

    /** As in {@code /a/b/a/b/a/b/a/b}, which relative links make of a page that is found everywhere. */
    private static boolean repeats(List<String> segments) {
        Map<String, Integer> times = new HashMap<>();
        segments.forEach(segment -> times.merge(segment, 1, Integer::sum));
        return times.values().stream().anyMatch(number -> number > MOST_REPETITIONS);
    }
}
