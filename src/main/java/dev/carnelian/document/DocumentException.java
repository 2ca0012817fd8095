package dev.carnelian.document;

import dev.carnelian.job.JobFailure;

/** One document cannot be processed. */
public final class DocumentException extends Exception {
    private final DocumentError error;

    DocumentException(DocumentError error) {
        super(error.failure().message());
        this.error = error;
    }

    DocumentException(DocumentError error, Throwable cause) {
        super(error.failure().message(), cause);
        this.error = error;
    }

    /** The same in words for the caller of the API. */
    public JobFailure failure() {
        return error.failure();
    }

    DocumentError error() {
        return error;
    }
}
