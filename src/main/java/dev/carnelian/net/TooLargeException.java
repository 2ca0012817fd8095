package dev.carnelian.net;

import java.io.IOException;

/** The body went on past the size that its request allows. */
final class TooLargeException extends IOException {
    TooLargeException(long maxBytes) {
        super("the answer is larger than " + maxBytes + " bytes");
    }
}
