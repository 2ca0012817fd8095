package dev.carnelian.document;

/** One document cannot be processed. */
final class DocumentException extends Exception {
    private final DocumentError error;

    DocumentException(DocumentError error) {
        super(error.failure().message());
        this.error = error;
    }

    DocumentException(DocumentError error, Throwable cause) {
        super(error.failure().message(), cause);
        this.error = error;
    }

    DocumentError error() {
        return error;
    }
}
