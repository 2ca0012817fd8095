package dev.carnelian.crawl;

import crawlercommons.filters.basic.BasicURLNormalizer;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** The one spelling of an address under which a page is known. Thread-safe. */
final class Addresses {
    /** The longest address that is followed. */
    static final int LONGEST = 2_000;

    private static final Pattern SESSION = Pattern.compile("(?i);(jsessionid|phpsessid|sid)=[^?#/;]*");

    /** Who came from where, and as whom: the same page without it. */
    private static final List<String> NOISE = List.of(
            "jsessionid",
            "JSESSIONID",
            "phpsessid",
            "PHPSESSID",
            "sessionid",
            "CFID",
            "CFTOKEN",
            "utm_source",
            "utm_medium",
            "utm_campaign",
            "utm_term",
            "utm_content",
            "gclid",
            "fbclid",
            "msclkid");

    private static final String AS_THEY_ARE = "-._~:/?#[]@!$&'()*+,;=";

    private final BasicURLNormalizer normalizer =
            BasicURLNormalizer.newBuilder().queryParamsToRemove(NOISE).build();

    /** Empty if it is no address of http or https that can be asked for, or is too long. */
    Optional<String> normal(String address) {
        if (address.length() > 2 * LONGEST) {
            return Optional.empty();
        }
        try {
            String plain = SESSION.matcher(address.strip()).replaceAll("");
            String normal = isWeb(plain) ? normalizer.filter(plain) : null;
            if (normal == null || !isWeb(normal)) {
                return Optional.empty();
            }
            URI uri = new URI(escaped(normal));
            boolean usable = uri.getHost() != null && uri.getRawUserInfo() == null;
            return Optional.of(uri.toString()).filter(text -> usable && text.length() <= LONGEST);
        } catch (URISyntaxException | RuntimeException e) {
            // The normalizer throws what java.net throws at text that is no address at all.
            return Optional.empty();
        }
    }

    /** The same for an address as it stands in a page or a header. */
    Optional<String> resolve(String base, String reference) {
        try {
            URL from = new URL(base);
            String target = reference.strip();
            // By itself URL would put a query in place of the last part of the path as well.
            return normal(new URL(from, target.startsWith("?") ? from.getPath() + target : target).toString());
        } catch (MalformedURLException e) {
            return Optional.empty();
        }
    }

    private static boolean isWeb(String address) {
        return address.regionMatches(true, 0, "http://", 0, 7) || address.regionMatches(true, 0, "https://", 0, 8);
    }

    /** What pages contain and {@link URI} does not, escaped as browsers do. */
    private static String escaped(String address) {
        StringBuilder escaped = new StringBuilder(address.length());
        for (byte octet : address.getBytes(StandardCharsets.UTF_8)) {
            char letter = (char) (octet & 0xff);
            boolean plain = letter < 128 && (Character.isLetterOrDigit(letter) || AS_THEY_ARE.indexOf(letter) >= 0);
            if (plain || letter == '%') {
                escaped.append(letter);
            } else {
                escaped.append(String.format(Locale.ROOT, "%%%02X", (int) letter));
            }
        }
        return escaped.toString();
    }

    /** The host of a normal address, with its port unless that is the usual one. */
    static String host(String normal) {
        int start = normal.indexOf("://") + 3;
        int end = start;
        while (end < normal.length() && "/?#".indexOf(normal.charAt(end)) < 0) {
            end++;
        }
        return normal.substring(start, end);
    }

    /** The scheme, host and port of a normal address. */
    static String origin(String normal) {
        return normal.substring(0, normal.indexOf("://") + 3) + host(normal);
    }
}
