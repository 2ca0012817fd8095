package dev.carnelian.job;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What became of one unit of a job: a document, a page, a row.
 *
 * @param position its place in the input, from 0
 * @param name what a person would call it, such as a file name or a URL; cut to 2,000 characters
 * @param failure why it failed, or null when it succeeded
 */
public record ItemOutcome(
        int position, String name, @Nullable JobFailure failure) {
    private static final int LONGEST_NAME = 2_000;

    public ItemOutcome {
        if (position < 0) {
            throw new IllegalArgumentException("position must not be negative, was " + position);
        }
        if (name.length() > LONGEST_NAME) {
            // Half of a surrogate pair could not be stored.
            boolean halved = Character.isHighSurrogate(name.charAt(LONGEST_NAME - 1));
            name = name.substring(0, halved ? LONGEST_NAME - 1 : LONGEST_NAME);
        }
    }

    public static ItemOutcome succeeded(int position, String name) {
        return new ItemOutcome(position, name, null);
    }

    public static ItemOutcome failed(int position, String name, JobFailure failure) {
        return new ItemOutcome(position, name, failure);
    }

    /** Why it failed; empty when it succeeded. */
    public Optional<JobFailure> error() {
        return Optional.ofNullable(failure);
    }
}
