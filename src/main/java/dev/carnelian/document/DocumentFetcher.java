package dev.carnelian.document;

import dev.carnelian.net.BlockedTargetException;
import dev.carnelian.net.OutboundAnswer;
import dev.carnelian.net.OutboundClient;
import dev.carnelian.net.OutboundException;
import dev.carnelian.net.OutboundLimits;
import dev.carnelian.net.OutboundRequest;
import dev.carnelian.net.TargetChecks;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/** Fetches documents from the web. Thread-safe. */
final class DocumentFetcher {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration SILENCE = Duration.ofSeconds(15);
    private static final Duration TOTAL = Duration.ofMinutes(2);
    private static final Set<Integer> GONE = Set.of(404, 410);
    private static final Set<Integer> PASSING = Set.of(408, 425, 429);

    private final OutboundClient client;
    private final OutboundLimits limits;

    /**
     * @param maxDocument the largest document in bytes
     */
    DocumentFetcher(OutboundClient client, long maxDocument) {
        this.client = client;
        this.limits = new OutboundLimits(CONNECT, SILENCE, TOTAL, maxDocument, OutboundLimits.MOST_REDIRECTS);
    }

    /** Looks at addresses before their job is accepted. */
    TargetChecks checks() {
        return client.checks();
    }

    /** Writes the document at an address to a file: it may be larger than what a node should hold of each in memory. */
    void fetch(String url, Path to) throws DocumentException, InterruptedException {
        try {
            OutboundRequest request = OutboundRequest.get(OutboundClient.parse(url), limits);
            int status = client.send(request, answer -> save(answer, to));
            if (status / 100 != 2) {
                throw new DocumentException(errorOf(status));
            }
        } catch (BlockedTargetException e) {
            throw new DocumentException(DocumentError.BLOCKED_TARGET, e);
        } catch (OutboundException e) {
            throw new DocumentException(
                    e.code().equals("too_large")
                            ? DocumentError.DOCUMENT_TOO_LARGE
                            : DocumentError.DOCUMENT_UNAVAILABLE,
                    e);
        }
    }

    private static int save(OutboundAnswer answer, Path to) throws IOException {
        if (answer.status() / 100 == 2) {
            try (OutputStream file = Files.newOutputStream(to)) {
                answer.body().transferTo(file);
            }
        }
        return answer.status();
    }

    private static DocumentError errorOf(int status) {
        if (GONE.contains(status)) {
            return DocumentError.DOCUMENT_NOT_FOUND;
        }
        return status >= 500 || PASSING.contains(status)
                ? DocumentError.DOCUMENT_UNAVAILABLE
                : DocumentError.DOCUMENT_REFUSED;
    }
}
