package dev.carnelian.document;

import java.util.Map;

/**
 * The result of a {@code document_processing} job.
 *
 * @param documentsProcessed documents whose text was read and stored
 * @param errors documents that were not; the job's items say why
 * @param chunks pieces of text that were stored
 * @param characters of text in the processed documents, in UTF-16 units
 * @param bytes of the processed documents as they came
 * @param languages how many processed documents are in which language, by ISO 639-3 code; without those that do not tell
 */
public record DocumentsResult(
        int documentsProcessed,
        int errors,
        long chunks,
        long characters,
        long bytes,
        String collection,
        Map<String, Integer> languages) {}
