package dev.carnelian.net;

import java.io.IOException;

/** Takes from an answer what its caller wants of it, while the connection is open. */
@FunctionalInterface
public interface AnswerReader<T> {
    /**
     * Reads an answer.
     *
     * @param answer not to be kept: its body ends with this call
     * @throws IOException passed on from the body
     */
    T read(OutboundAnswer answer) throws IOException;
}
