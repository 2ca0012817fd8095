/** The one client for whatever a job sends to or fetches from a place that its user named. */
@NullMarked
package dev.carnelian.net;

import org.jspecify.annotations.NullMarked;
