/** Quartz's clustered JDBC job store with set-based claims; knows nothing of Carnelian. */
@NullMarked
package dev.carnelian.jobstore;

import org.jspecify.annotations.NullMarked;
