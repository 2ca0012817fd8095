package dev.carnelian.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * One HTTP connection that is used again and again. Bare, as it shares the machine with the server: a full client would
 * take a good part of what is measured.
 */
final class KeepAliveClient implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 30_000;

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    // What has been received and not yet read; no BufferedInputStream, which takes a lock for each byte of a line.
    private final byte[] received = new byte[16 * 1024];
    private int position;
    private int end;

    /** An answer; the ETag is empty when there is none. */
    record Answer(int status, String etag, String body) {}

    KeepAliveClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        in = socket.getInputStream();
        out = socket.getOutputStream();
    }

    /** The bytes of a request, to be sent as often as one likes. */
    static byte[] request(String method, String path, String key, String headers, String body) {
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        String head = method + " /v1/api" + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key
                + "\r\n"
                + headers
                + (body.isEmpty() ? "" : "Content-Type: application/json\r\nContent-Length: " + content.length + "\r\n")
                + "\r\n";
        return (head + body).getBytes(StandardCharsets.UTF_8);
    }

    Answer send(byte[] request) throws IOException {
        out.write(request);
        out.flush();
        int status = Integer.parseInt(line().split(" ", 3)[1]);
        int length = 0;
        boolean chunked = false;
        String etag = "";
        for (String header = line(); !header.isEmpty(); header = line()) {
            String name = header.substring(0, header.indexOf(':')).toLowerCase(Locale.ROOT);
            String value = header.substring(name.length() + 1).strip();
            switch (name) {
                case "content-length" -> length = Integer.parseInt(value);
                case "transfer-encoding" -> chunked = true;
                case "etag" -> etag = value;
                default -> {}
            }
        }
        boolean empty = status == 304 || status == 204;
        return new Answer(status, etag, empty ? "" : chunked ? chunks() : text(length));
    }

    private String chunks() throws IOException {
        StringBuilder body = new StringBuilder();
        while (true) {
            int length = Integer.parseInt(line(), 16);
            body.append(text(length));
            line();
            if (length == 0) {
                return body.toString();
            }
        }
    }

    private String text(int length) throws IOException {
        byte[] bytes = new byte[length];
        int filled = 0;
        while (filled < length) {
            fillIfEmpty();
            int part = Math.min(length - filled, end - position);
            System.arraycopy(received, position, bytes, filled, part);
            position += part;
            filled += part;
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            fillIfEmpty();
            int start = position;
            while (position < end && received[position] != '\n') {
                position++;
            }
            line.append(new String(received, start, position - start, StandardCharsets.ISO_8859_1));
            if (position < end) {
                position++;
                return line.toString().stripTrailing();
            }
        }
    }

    private void fillIfEmpty() throws IOException {
        if (position == end) {
            position = 0;
            end = Math.max(0, in.read(received));
            if (end == 0) {
                throw new IOException("the server closed the connection");
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
