/** Starts a process in one role and wires the objects by hand. */
@NullMarked
package dev.carnelian;

import org.jspecify.annotations.NullMarked;
