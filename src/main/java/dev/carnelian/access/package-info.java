/** Tenants, API keys and their scopes. */
@NullMarked
package dev.carnelian.access;

import org.jspecify.annotations.NullMarked;
