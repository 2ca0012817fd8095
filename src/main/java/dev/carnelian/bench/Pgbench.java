package dev.carnelian.bench;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** PostgreSQL's own load generator. */
final class Pgbench implements StatementBench {
    private static final Pattern RATE = Pattern.compile("tps = ([0-9.]+)");
    private static final long LONGEST_MINUTES = 10;

    static boolean isPresent() {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
        return Arrays.stream(path.split(File.pathSeparator, -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "pgbench")));
    }

    @Override
    public String name() {
        return "pgbench";
    }

    @Override
    public double perSecond(String url, List<String> script, int clients, int each) {
        try {
            Path file = Files.createTempFile("carnelian-bench-", ".sql");
            Path output = Files.createTempFile("carnelian-bench-", ".out");
            try {
                Files.writeString(file, text(script));
                return run(command(url, file, clients, each), output);
            } finally {
                Files.delete(file);
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new IllegalStateException("pgbench could not be run", e);
        }
    }

    /** A query ends in {@code \gset}, which sets a variable for each of its columns. */
    private static String text(List<String> script) {
        StringBuilder text = new StringBuilder();
        for (String statement : script) {
            text.append(statement.replace('\n', ' ')).append(statement.contains(" AS ids") ? " \\gset\n" : ";\n");
        }
        return text.toString();
    }

    private static List<String> command(String url, Path file, int clients, int each) {
        URI address = URI.create(url.substring("jdbc:".length()));
        return List.of(
                "pgbench",
                "--no-vacuum",
                "--protocol=prepared",
                "--client=" + clients,
                "--jobs=" + Math.min(2, clients),
                "--transactions=" + each,
                "--file=" + file,
                "--host=" + address.getHost(),
                "--port=" + address.getPort(),
                "--username=postgres",
                address.getPath().substring(1));
    }

    private static double run(List<String> command, Path output) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            boolean ended = process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES);
            String said = Files.readString(output, StandardCharsets.UTF_8);
            Matcher rate = RATE.matcher(said);
            if (!ended || process.exitValue() != 0 || !rate.find()) {
                throw new IllegalStateException("pgbench failed: " + said);
            }
            return Double.parseDouble(rate.group(1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }
}
