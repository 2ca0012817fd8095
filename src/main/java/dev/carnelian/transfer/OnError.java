package dev.carnelian.transfer;

/** What a row that cannot be imported means for the others. */
public enum OnError {
    /** They are imported. */
    CONTINUE,
    /** None is. */
    ABORT
}
