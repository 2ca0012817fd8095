/** Opens or embeds PostgreSQL, applies {@code sql/}, and names its error codes. */
@NullMarked
package dev.carnelian.database;

import org.jspecify.annotations.NullMarked;
