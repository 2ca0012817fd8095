package dev.carnelian.access;

/** What a key turned out to be. */
public sealed interface Authentication {
    /** A key that may be used now. */
    record Accepted(Caller caller) implements Authentication {}

    /** A key that may not. */
    enum Refused implements Authentication {
        /** Nobody was ever given it, or it is not written as a key. */
        UNKNOWN,
        EXPIRED,
        REVOKED
    }
}
