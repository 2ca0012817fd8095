package dev.carnelian.crawl;

import com.google.common.hash.HashCode;
import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;

/** The SHA-256 of what a reader sees of a page. */
record Content(HashCode sha256) {
    static Content of(byte[] bytes) {
        return new Content(Hashing.sha256().hashBytes(bytes));
    }

    static Content of(String title, String text) {
        return new Content(Hashing.sha256()
                .newHasher()
                .putString(title, StandardCharsets.UTF_8)
                .putByte((byte) 0)
                .putString(text, StandardCharsets.UTF_8)
                .hash());
    }

    byte[] bytes() {
        return sha256.asBytes();
    }
}
