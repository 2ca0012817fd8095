/** Measures Carnelian beside what else runs jobs on PostgreSQL, in one run on one machine. Not used by a node. */
@NullMarked
package dev.carnelian.bench;

import org.jspecify.annotations.NullMarked;
