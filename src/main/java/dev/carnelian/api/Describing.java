package dev.carnelian.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** A resource that has more to say of itself in the description of the API than its annotations do. */
interface Describing {
    /**
     * Completes the description.
     *
     * @param document the OpenAPI document as it is about to be served
     */
    void describe(ObjectNode document);
}
