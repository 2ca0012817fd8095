/** The type {@code http}: calls an endpoint of the user's, which does the work at once or reports about it later. */
@NullMarked
package dev.carnelian.httpcall;

import org.jspecify.annotations.NullMarked;
