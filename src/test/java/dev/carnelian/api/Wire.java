package dev.carnelian.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Speaks HTTP by hand, so that it can be spoken badly. Requests are texts whose characters are the bytes to send. */
final class Wire {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final int port;

    Wire(int port) {
        this.port = port;
    }

    /** An answer; header names in lower case. */
    record Answer(int status, Map<String, String> headers, String bytes) {
        String body() {
            return new String(bytes.getBytes(ISO_8859_1), UTF_8);
        }

        JsonNode json() {
            try {
                return JSON.readTree(body());
            } catch (IOException e) {
                throw new UncheckedIOException("not JSON: " + bytes, e);
            }
        }

        String code() {
            return json().at("/error/code").asText();
        }
    }

    static String text(byte[] bytes) {
        return new String(bytes, ISO_8859_1);
    }

    /** A request with the key and the headers that a polite client sends. */
    static String request(String line, String key, String headers, String body) {
        return line + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key + "\r\n" + headers
                + (body.isEmpty() ? "" : "Content-Length: " + body.length() + "\r\n")
                + "Connection: close\r\n\r\n" + body;
    }

    Answer send(String request) {
        return parse(exchange(request, true));
    }

    /** Says no more, but does not say so. */
    Answer sendAndKeepOpen(String request) {
        return parse(exchange(request, false));
    }

    /** Sends it a piece at a time, with pauses between them, until the server answers or has all of it. */
    Answer sendSlowly(List<String> pieces, Duration pause) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(15_000);
            socket.setTcpNoDelay(true);
            for (String piece : pieces) {
                socket.getOutputStream().write(piece.getBytes(ISO_8859_1));
                socket.getOutputStream().flush();
                Thread.sleep(pause.toMillis());
                if (socket.getInputStream().available() > 0) {
                    break;
                }
            }
            return parse(read(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    boolean isClosedWithoutAnAnswer(String request) {
        return exchange(request, false).length == 0;
    }

    private byte[] exchange(String request, boolean end) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(15_000);
            try {
                socket.getOutputStream().write(request.getBytes(ISO_8859_1));
                socket.getOutputStream().flush();
                if (end) {
                    socket.shutdownOutput();
                }
            } catch (IOException e) {
                // It answered before it had read all and closed: the answer may still be there.
            }
            return read(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] read(Socket socket) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        try {
            for (int n = socket.getInputStream().read(buffer);
                    n >= 0;
                    n = socket.getInputStream().read(buffer)) {
                all.write(buffer, 0, n);
            }
        } catch (IOException e) {
            if (all.size() == 0) {
                throw e;
            }
        }
        return all.toByteArray();
    }

    private static Answer parse(byte[] bytes) {
        String text = text(bytes);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            throw new IllegalStateException("no answer but: " + text);
        }
        String[] lines = text.substring(0, end).split("\r\n", -1);
        Map<String, String> headers = new TreeMap<>();
        for (String line : Arrays.copyOfRange(lines, 1, lines.length)) {
            String[] parts = line.split(": ?", 2);
            headers.merge(parts[0].toLowerCase(Locale.ROOT), parts[1], (one, two) -> one + " AND " + two);
        }
        String body = text.substring(end + 4);
        if ("chunked".equals(headers.get("transfer-encoding"))) {
            body = unchunk(body);
        }
        return new Answer(Integer.parseInt(lines[0].substring(9, 12)), headers, body);
    }

    private static String unchunk(String body) {
        StringBuilder whole = new StringBuilder();
        String rest = body;
        while (true) {
            int end = rest.indexOf("\r\n");
            int size = Integer.parseInt(rest.substring(0, end), 16);
            if (size == 0) {
                return whole.toString();
            }
            whole.append(rest, end + 2, end + 2 + size);
            rest = rest.substring(end + 4 + size);
        }
    }
}
