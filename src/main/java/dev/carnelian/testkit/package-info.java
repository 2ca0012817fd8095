/** Runs a handler in a test as a node would, and holds it to the contract of handlers. */
@NullMarked
package dev.carnelian.testkit;

import org.jspecify.annotations.NullMarked;
