package dev.carnelian.crawl;

import dev.carnelian.crawl.Bodies.Body;
import dev.carnelian.net.OutboundAnswer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A body in memory and what the server said of it.
 *
 * @param contentType as it came, empty if there was none
 * @param robotsTags the words of {@code X-Robots-Tag}
 * @param known what was stored of the page before
 */
record Fetched(
        Body body, String contentType, List<String> robotsTags, Validators validators, Optional<KnownPage> known) {
    private static final Pattern CHARSET = Pattern.compile("(?i)charset\\s*=\\s*[\"']?([A-Za-z0-9_.:-]{1,40})");
    private static final Pattern NO_TEXT =
            Pattern.compile("(image|audio|video|font)/.*|text/css|.*[/-]javascript|application/(zip|gzip|x-gzip|wasm)");
    private static final Pattern HTML = Pattern.compile("(?s).*<(!doctype html|html|head|body)\\b.*");
    private static final int SNIFFED = 1_000;

    static Fetched of(OutboundAnswer answer, Body body, Validators validators, Optional<KnownPage> known) {
        List<String> robotsTags = answer.headers("X-Robots-Tag").stream()
                .flatMap(tag -> List.of(tag.toLowerCase(Locale.ROOT).split("[\\s,]+")).stream())
                .toList();
        String contentType = answer.header("Content-Type").orElse("");
        return new Fetched(body, contentType, robotsTags, validators, known);
    }

    /** Whether a body of this type may have text; told before it is read. */
    static boolean canHaveText(OutboundAnswer answer) {
        return !NO_TEXT.matcher(mediaType(answer.header("Content-Type").orElse("")))
                .matches();
    }

    private static String mediaType(String contentType) {
        return contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    }

    byte[] bytes() {
        return body.bytes();
    }

    boolean isHtml() {
        String mediaType = mediaType(contentType);
        if (mediaType.isEmpty()) {
            String start = new String(bytes(), 0, Math.min(bytes().length, SNIFFED), StandardCharsets.ISO_8859_1);
            return HTML.matcher(start.toLowerCase(Locale.ROOT)).matches();
        }
        return mediaType.equals("text/html") || mediaType.equals("application/xhtml+xml");
    }

    @Nullable
    String charset() {
        Matcher charset = CHARSET.matcher(contentType);
        return charset.find() ? charset.group(1) : null;
    }

    /** Whether the server asks crawlers not to do this with the page. */
    boolean forbids(String what) {
        return robotsTags.contains(what) || robotsTags.contains("none");
    }

    /** Whether what is known of the page says the same. */
    boolean isKnown(Content content) {
        return known.isPresent() && known.get().content().equals(content);
    }
}
