package dev.carnelian.jobstore;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * A trigger's data as Quartz stores it with {@code useProperties}: the text of {@link Properties}. Nearly always there is
 * nothing to escape in it, and then the general code would be a quarter of what a submission costs.
 */
final class TriggerData {
    private TriggerData() {}

    static byte[] bytes(Map<String, String> data) {
        StringBuilder lines = new StringBuilder(48);
        for (Map.Entry<String, String> entry : data.entrySet()) {
            if (!isPlain(entry.getKey()) || !isPlain(entry.getValue())) {
                return escaped(data);
            }
            lines.append(entry.getKey()).append('=').append(entry.getValue()).append('\n');
        }
        return lines.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            boolean plain = letter || (c >= '0' && c <= '9') || c == '-' || c == '_';
            if (!plain) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    private static byte[] escaped(Map<String, String> data) {
        Properties properties = new Properties();
        properties.putAll(data);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            properties.store(bytes, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static Map<String, String> map(byte @Nullable [] data) {
        if (data == null) {
            return Map.of();
        }
        String text = new String(data, StandardCharsets.ISO_8859_1);
        Map<String, String> map = new HashMap<>();
        for (String line : text.split("\n", -1)) {
            int equals = line.indexOf('=');
            if (line.isEmpty()) {
                continue;
            }
            if (equals < 1 || !isPlain(line.substring(0, equals)) || !isPlain(line.substring(equals + 1))) {
                return unescaped(data);
            }
            map.put(line.substring(0, equals), line.substring(equals + 1));
        }
        return map;
    }

    private static Map<String, String> unescaped(byte[] data) {
        Properties properties = new Properties();
        try {
            properties.load(new ByteArrayInputStream(data));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, String> map = new HashMap<>();
        properties.stringPropertyNames().forEach(name -> map.put(name, properties.getProperty(name)));
        return map;
    }
}
