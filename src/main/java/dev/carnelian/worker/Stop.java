package dev.carnelian.worker;

/** Why an attempt has to end before its handler is done. */
enum Stop {
    /** Somebody cancelled the job. */
    CANCELLED("the job was cancelled"),
    /** The attempt took longer than it may. */
    TIMED_OUT("the attempt ran out of time"),
    /** The node drains or may have lost its lease: another attempt runs elsewhere, and this one does not count. */
    HANDED_BACK("this node gives the job back"),
    /** Another run took the job over. */
    REPLACED("the job no longer belongs to this attempt");

    private final String reason;

    Stop(String reason) {
        this.reason = reason;
    }

    String reason() {
        return reason;
    }
}
