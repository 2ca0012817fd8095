package dev.carnelian.transfer;

import dev.carnelian.job.InputRefusedException;
import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;
import dev.carnelian.net.BlockedTargetException;
import dev.carnelian.net.OutboundAnswer;
import dev.carnelian.net.OutboundClient;
import dev.carnelian.net.OutboundException;
import dev.carnelian.net.OutboundLimits;
import dev.carnelian.net.OutboundRequest;
import dev.carnelian.storage.FileId;
import dev.carnelian.storage.FileStore;
import dev.carnelian.storage.FileTooLargeException;
import dev.carnelian.storage.StoredFile;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Set;

/** Brings a file from an address into the store, so that every attempt reads the same, and no peer waits for a database. */
final class Download {
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(30);
    private static final Set<Integer> WORTH_ANOTHER_TRY = Set.of(408, 425, 429);

    private final FileStore files;
    private final OutboundClient outbound;
    private final long maxBytes;

    Download(FileStore files, OutboundClient outbound, long maxBytes) {
        this.files = files;
        this.outbound = outbound;
        this.maxBytes = maxBytes;
    }

    /** Refuses an address that no request may go to. */
    URI check(String url) {
        try {
            return outbound.check(url);
        } catch (BlockedTargetException e) {
            throw new InputRefusedException(e.code(), "url", String.valueOf(e.getMessage()));
        }
    }

    /**
     * @param id a new one, which the file gets
     */
    StoredFile fetch(String url, FileId id, JobContext context) throws InterruptedException {
        context.message("fetching the file");
        OutboundLimits limits = new OutboundLimits(
                Duration.ofSeconds(5),
                LONGEST_SILENCE,
                context.timeLeft().plusSeconds(1),
                maxBytes,
                OutboundLimits.MOST_REDIRECTS);
        try {
            return outbound.send(OutboundRequest.get(check(url), limits), answer -> store(answer, id, context));
        } catch (BlockedTargetException e) {
            throw new JobFailedException(JobFailure.permanent(e.code(), String.valueOf(e.getMessage())), e);
        } catch (FileTooLargeException e) {
            throw new JobFailedException(
                    JobFailure.permanent("import_too_large", "the file has more than " + maxBytes + " bytes"), e);
        } catch (OutboundException e) {
            throw new JobFailedException(new JobFailure(e.code(), e.message(), e.retryable()), e);
        }
    }

    private StoredFile store(OutboundAnswer answer, FileId id, JobContext context) throws IOException {
        int status = answer.status();
        if (status != 200) {
            boolean again = status >= 500 || WORTH_ANOTHER_TRY.contains(status);
            throw new JobFailedException(
                    new JobFailure("fetch_failed", "the address answered with status " + status, again));
        }
        String path = answer.url().getPath();
        return files.store(
                id,
                context.tenant(),
                path == null ? "" : path,
                answer.header("Content-Type").orElse("").replaceFirst(";.*", "").strip(),
                answer.body(),
                maxBytes);
    }
}
