/** The words everyone shares: a job, its type, status, failure, progress, and the handler contract. */
@NullMarked
package dev.carnelian.job;

import org.jspecify.annotations.NullMarked;
