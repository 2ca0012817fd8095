/** Quartz adapter: one trigger per job, listeners that carry the outcome, wake-ups, node list, drain. */
@NullMarked
package dev.carnelian.cluster;

import org.jspecify.annotations.NullMarked;
