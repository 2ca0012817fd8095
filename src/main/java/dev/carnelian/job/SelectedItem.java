package dev.carnelian.job;

/**
 * An item of an earlier job that a rerun does again.
 *
 * @param position its place in the input, from 0
 * @param name what the earlier job called it
 */
public record SelectedItem(int position, String name) {}
