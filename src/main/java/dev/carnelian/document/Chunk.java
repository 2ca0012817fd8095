package dev.carnelian.document;

/** A piece of a text: {@code text.substring(start, end)}. */
record Chunk(int start, int end, String text) {}
