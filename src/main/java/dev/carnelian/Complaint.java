package dev.carnelian;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.dropwizard.configuration.ConfigurationException;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Says in one line why a process does not start, and what to do about it. */
final class Complaint {
    private static final Pattern PATH = Pattern.compile("([a-zA-Z]+(?:\\.?\\[\\d+]|\\.[a-zA-Z][a-zA-Z0-9]*)+)");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Z0-9_]+)(?::-([^}]*))?}");

    private static final Pattern BARE_VARIABLE = Pattern.compile("(?<!\")\\$\\{[^}]*}(?!\")");

    private Complaint() {}

    static String about(Throwable thrown) {
        if (thrown instanceof ConfigurationException wrong) {
            return configuration(String.valueOf(wrong.getMessage()));
        }
        Throwable cause = thrown;
        while (cause.getCause() != null && !(cause instanceof BindException)) {
            cause = cause.getCause();
        }
        if (cause instanceof BindException) {
            return "a port is already in use; set CARNELIAN_PORT and CARNELIAN_ADMIN_PORT to free ones" + " ("
                    + thrown.getMessage() + ")";
        }
        return thrown.getMessage() == null ? thrown.toString() : oneLine(thrown.getMessage());
    }

    /** Dropwizard lists every error on lines of their own; the first is enough to go on with. */
    private static String configuration(String message) {
        String first = message.lines()
                .filter(line -> line.startsWith("  * "))
                .findFirst()
                .map(line -> line.substring(4).trim())
                .orElse(oneLine(message));
        Matcher path = PATH.matcher(first);
        String cure = path.find() ? variable(path.group(1)).map(Complaint::cure).orElse("") : "";
        return "wrong configuration: " + oneLine(first) + cure;
    }

    private static String cure(Matcher variable) {
        String usual = variable.group(2);
        return "; set " + variable.group(1) + (usual == null || usual.isEmpty() ? "" : ", for example to " + usual);
    }

    /** The environment variable that config.yml reads at that path. */
    private static Optional<Matcher> variable(String path) {
        try (InputStream yaml = Complaint.class.getResourceAsStream(ConfigurationSource.BUNDLED)) {
            if (yaml == null) {
                return Optional.empty();
            }
            String text = new String(yaml.readAllBytes(), StandardCharsets.UTF_8);
            // As it stands, a variable within brackets is not YAML.
            JsonNode node =
                    new YAMLMapper().readTree(BARE_VARIABLE.matcher(text).replaceAll("\"$0\""));
            for (String key : path.split("[.\\[\\]]+", -1)) {
                if (!key.isEmpty()) {
                    node = key.chars().allMatch(Character::isDigit) ? node.path(Integer.parseInt(key)) : node.path(key);
                }
            }
            Matcher variable = VARIABLE.matcher(node.toString());
            return variable.find() ? Optional.of(variable) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static String oneLine(String message) {
        return message.strip().replaceAll("\\s*[\\r\\n]+\\s*", " ");
    }
}
