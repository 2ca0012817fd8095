package dev.carnelian.transfer;

/** What tells that a row is about a document that is there already. */
public enum Key {
    /** Its id, or the one it had where it was exported. A document without one is new. */
    ID,
    /** Its name within the collection. */
    NAME
}
