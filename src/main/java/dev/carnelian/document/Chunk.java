package dev.carnelian.document;

/** A piece of a text: {@code text.substring(start, end)}. */
public record Chunk(int start, int end, String text) {}
