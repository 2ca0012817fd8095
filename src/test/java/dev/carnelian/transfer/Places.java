package dev.carnelian.transfer;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.stream.Collectors;

/** A real table, from the tests of commons-csv: 18,760 airports and cities, some of which have no other names. */
public final class Places {
    /** What an import takes of it, as fields of its input. */
    public static final String FIELDS = """
            "what": "documents", "delimiter": "^",
            "mapping": {"name": "name", "alt_name_section": "text", "wiki_link": "metadata.wiki",
                        "country_name": "metadata.country", "timezone": "metadata.zone"}""";

    private Places() {}

    public static byte[] all() {
        try (InputStream in = Places.class.getResourceAsStream("/org/apache/commons/csv/CSV-198/optd_por_public.csv")) {
            return Objects.requireNonNull(in).readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first lines of it; one of them is the header. */
    public static byte[] lines(int number) {
        return new String(all(), StandardCharsets.UTF_8)
                .lines()
                .limit(number)
                .collect(Collectors.joining("\n"))
                .getBytes(StandardCharsets.UTF_8);
    }
}
