package dev.carnelian.bench;

/** A node of a contender, in a process of its own. It runs jobs from the moment it exists. */
interface Node extends AutoCloseable {
    /** Claims nothing more; what is claimed may still run. */
    void pause();

    /** Claims again. */
    void resume();

    /** Returns when what it ran is written. */
    @Override
    void close();
}
