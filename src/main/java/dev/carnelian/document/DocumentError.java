package dev.carnelian.document;

import dev.carnelian.job.JobFailure;
import java.util.Locale;

/** Why a document was not processed. The other documents of its job are. */
enum DocumentError {
    DOCUMENT_TOO_LARGE("the document is larger than this server reads", false),
    DOCUMENT_TOO_COMPLEX("reading the document takes more memory than one document may have", false),
    DOCUMENT_ENCRYPTED("the document is encrypted or protected by a password", false),
    DOCUMENT_UNREADABLE("the document is damaged, or is not what it seems to be", false),
    UNSUPPORTED_MEDIA_TYPE("no text can be read from documents of this type", false),
    NO_TEXT_FOUND("the document has no text, as when its pages are pictures", false),
    EXTRACTION_TIMEOUT("reading the document took too long", true),
    EXTRACTION_CRASHED("the process that read the document ended unexpectedly", true),
    FILE_NOT_FOUND("there is no file with this id", false),
    ITEM_NOT_FOUND("the input has no document at this position any more", false),
    BLOCKED_TARGET("the address is one that this server does not fetch from", false),
    DOCUMENT_NOT_FOUND("there is nothing at this address (404 or 410)", false),
    DOCUMENT_REFUSED("the address answered with an error", false),
    DOCUMENT_UNAVAILABLE("the address could not be reached, or did not answer as it should", true);

    private final String message;
    private final boolean retryable;

    DocumentError(String message, boolean retryable) {
        this.message = message;
        this.retryable = retryable;
    }

    JobFailure failure() {
        return new JobFailure(name().toLowerCase(Locale.ROOT), message, retryable);
    }
}
