package dev.carnelian.net;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.ProtocolException;
import java.security.cert.CertificateException;
import java.util.Locale;
import java.util.zip.ZipException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.apache.commons.lang3.exception.ExceptionUtils;

/** Names what went wrong on the wire. */
final class Failing {
    private Failing() {}

    /**
     * @throws BlockedTargetException if it was our own socket that refused
     */
    static OutboundException named(IOException thrown, String host) {
        if (thrown.getCause() instanceof BlockedTargetException blocked) {
            throw blocked;
        }
        if (thrown instanceof TooLargeException) {
            return failure("too_large", thrown, host, false);
        }
        if (thrown instanceof InterruptedIOException) {
            return failure("timed_out", thrown, host, true);
        }
        if (thrown instanceof SSLException) {
            return failure("tls_failed", thrown, host, !isAboutCertificate(thrown));
        }
        if (thrown instanceof ConnectException || thrown instanceof NoRouteToHostException) {
            return failure("connect_failed", thrown, host, true);
        }
        // okhttp's word for a body that ends before it is complete.
        boolean cutShort = "unexpected end of stream".equals(thrown.getMessage());
        if (!cutShort && (thrown instanceof ProtocolException || thrown instanceof ZipException)) {
            return failure("bad_answer", thrown, host, true);
        }
        return failure("connection_lost", thrown, host, true);
    }

    static OutboundException badAnswer(String host, String what) {
        return new OutboundException("bad_answer", host + " " + what, false, null);
    }

    private static boolean isAboutCertificate(Throwable thrown) {
        return ExceptionUtils.stream(thrown)
                .anyMatch(
                        cause -> cause instanceof CertificateException || cause instanceof SSLPeerUnverifiedException);
    }

    private static OutboundException failure(String code, IOException thrown, String host, boolean retryable) {
        String what = code.replace('_', ' ').toLowerCase(Locale.ROOT);
        // The words of the library name addresses, which may be inside the network.
        String message = thrown instanceof TooLargeException
                ? String.valueOf(thrown.getMessage())
                : "the request to " + host + " ended with: " + what;
        return new OutboundException(code, message, retryable, thrown);
    }
}
