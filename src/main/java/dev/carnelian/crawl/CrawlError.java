package dev.carnelian.crawl;

import dev.carnelian.job.JobFailure;
import java.util.Locale;

/** Why a page was not read; failures of the connection and of documents have their own words. */
enum CrawlError {
    INVALID_URL("no http or https address can be made of this", false),
    NOT_FOUND("the server says there is no such page", false),
    ACCESS_DENIED("the server does not let everybody read the page", false),
    RATE_LIMITED("the server asks for fewer requests", true),
    SERVER_ERROR("the server has an error", true),
    UNEXPECTED_STATUS("the server's answer has a status that is of no use here", false),
    TOO_MANY_REDIRECTS("the address leads from one redirect to the next", false),
    REDIRECT_NOT_FOLLOWED("the address redirects to where this crawl does not go", false),
    ROBOTS_UNAVAILABLE("the site's robots.txt cannot be read now, so that nothing of it may be read", true),
    HOST_UNREACHABLE("the host did not answer several times in a row and is left alone", true),
    UNSUPPORTED_MEDIA_TYPE("no text can be read from pictures, sound, programs and the like", false),
    BROKEN_COMPRESSION("the body cannot be decompressed, or not within 10 MB", false),
    BROKEN_SITEMAP("the sitemap cannot be read", false),
    BUSY("too many large pages were read at once", true);

    private final String message;
    private final boolean retryable;

    CrawlError(String message, boolean retryable) {
        this.message = message;
        this.retryable = retryable;
    }

    JobFailure failure() {
        return failure(message);
    }

    JobFailure failure(String words) {
        return new JobFailure(name().toLowerCase(Locale.ROOT), words, retryable);
    }

    static JobFailure ofStatus(int status) {
        CrawlError error = switch (status) {
            case 404, 410 -> NOT_FOUND;
            case 401, 403, 407, 451 -> ACCESS_DENIED;
            case 429 -> RATE_LIMITED;
            default -> status >= 500 ? SERVER_ERROR : UNEXPECTED_STATUS;
        };
        return error.failure(error.message + " (HTTP " + status + ")");
    }
}
