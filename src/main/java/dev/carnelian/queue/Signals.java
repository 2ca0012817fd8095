package dev.carnelian.queue;

import dev.carnelian.job.JobId;

/**
 * Tells the other nodes, and this one, what a commit has just changed. Hints only: whoever misses one sees the change at
 * its next poll. Every method returns at once, is called after the commit, and never throws.
 */
public interface Signals {
    /** Triggers may be due: workers look now instead of at their next poll. */
    void jobsDue();

    /** The cancel of a running job was accepted: the node that runs it stops it. */
    void cancelRequested(JobId job);
}
