package dev.carnelian.transfer;

/** How collections are named, as document_processing has it. */
final class CollectionName {
    static final String PATTERN = "[A-Za-z0-9][A-Za-z0-9_.-]{0,99}";
    static final String MESSAGE =
            "must be 1 to 100 of letters, digits, '_', '.' and '-', beginning with a letter or digit";
    static final String DEFAULT = "default";

    private CollectionName() {}
}
