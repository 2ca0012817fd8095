package dev.carnelian.api;

/**
 * What is wrong with one field of a request.
 *
 * @param field its path as the client wrote it, as in {@code input.documents[2].text}
 */
public record FieldError(String field, String message) {}
