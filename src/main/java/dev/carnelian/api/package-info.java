/** The JSON contract over HTTP: resources, request and view records, envelope, errors. */
@NullMarked
package dev.carnelian.api;

import org.jspecify.annotations.NullMarked;
