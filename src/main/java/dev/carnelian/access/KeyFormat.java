package dev.carnelian.access;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * How a key is written: {@code crn_live_}, 36 random characters (214 bits), and a checksum of six, so that a mistyped key
 * is refused without a lookup and a leaked one can be found by scanners of secrets.
 */
final class KeyFormat {
    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final String START = "crn_live_";
    private static final int RANDOM_LENGTH = 36;
    private static final int CHECKSUM_LENGTH = 6;
    private static final int SHOWN_LENGTH = START.length() + 8;
    private static final Pattern KEY =
            Pattern.compile(START + "[0-9A-Za-z]{" + (RANDOM_LENGTH + CHECKSUM_LENGTH) + "}");
    private static final SecureRandom RANDOM = new SecureRandom();

    private KeyFormat() {}

    static String newKey() {
        StringBuilder key = new StringBuilder(START);
        for (int i = 0; i < RANDOM_LENGTH; i++) {
            key.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
        }
        return key.append(checksum(key.toString())).toString();
    }

    static boolean isWellFormed(String key) {
        if (!KEY.matcher(key).matches()) {
            return false;
        }
        int body = key.length() - CHECKSUM_LENGTH;
        return checksum(key.substring(0, body)).equals(key.substring(body));
    }

    /** The beginning of a key, by which people recognise it; the rest still has 166 random bits. */
    static String shownPart(String key) {
        return key.substring(0, SHOWN_LENGTH);
    }

    /** What is stored, in hexadecimal. A plain SHA-256 is enough as a key is random, unlike a password. */
    static String hash(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(US_ASCII));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static String checksum(String text) {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(US_ASCII));
        char[] digits = new char[CHECKSUM_LENGTH];
        long rest = crc.getValue();
        for (int i = CHECKSUM_LENGTH - 1; i >= 0; i--) {
            digits[i] = ALPHABET.charAt((int) (rest % ALPHABET.length()));
            rest /= ALPHABET.length();
        }
        return new String(digits);
    }
}
