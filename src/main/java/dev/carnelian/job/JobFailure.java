package dev.carnelian.job;

/**
 * Why an attempt, a job or an item failed, in words for the caller of the API.
 *
 * @param code stable snake_case, for programs
 * @param message one or two sentences for people, without stack trace; cut to 2,000 characters
 * @param retryable whether another attempt may end better
 */
public record JobFailure(String code, String message, boolean retryable) {
    private static final int LONGEST_MESSAGE = 2_000;

    public JobFailure {
        // PostgreSQL cannot store U+0000, and a failure is often text that came from a broken document.
        message = message.replace('\u0000', '\uFFFD');
        message = message.length() > LONGEST_MESSAGE ? message.substring(0, LONGEST_MESSAGE) : message;
    }

    /** A failure that another attempt will not mend. */
    public static JobFailure permanent(String code, String message) {
        return new JobFailure(code, message, false);
    }

    /** A failure that another attempt may mend. */
    public static JobFailure retryable(String code, String message) {
        return new JobFailure(code, message, true);
    }
}
