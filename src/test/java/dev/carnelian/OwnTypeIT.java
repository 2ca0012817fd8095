package dev.carnelian;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import javax.tools.ToolProvider;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of a type of one's own: built against the jar, tested with the kit, put into the folder, run by nodes. */
class OwnTypeIT {
    private static final Path EXAMPLE = Path.of("src/it/own-type");
    private static final String SERVICES = "META-INF/services/dev.carnelian.job.JobHandler";
    private static final int TEXTS = 60;

    @TempDir
    private Path folder;

    private Path classes;
    private Path plugins;

    @BeforeEach
    void build() throws IOException {
        classes = Files.createDirectories(folder.resolve("classes"));
        plugins = Files.createDirectories(folder.resolve("plugins"));
        compile(EXAMPLE.resolve("src/main/java"), System.getProperty("carnelian.jar"));
        Files.createDirectories(classes.resolve(SERVICES).getParent());
        Files.copy(EXAMPLE.resolve("src/main/resources").resolve(SERVICES), classes.resolve(SERVICES));
        pack(classes, plugins.resolve("words.jar"));
    }

    @Test
    void theExamplesOwnTestPasses() throws Exception {
        compile(
                EXAMPLE.resolve("src/test/java"),
                System.getProperty("carnelian.jar") + File.pathSeparator + System.getProperty("java.class.path"));
        List<String> passed = new ArrayList<>();
        URL[] urls = {classes.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(urls, OwnTypeIT.class.getClassLoader())) {
            Class<?> tests = loader.loadClass("com.example.words.WordCountHandlerTest");
            for (var method : tests.getDeclaredMethods()) {
                if (method.isAnnotationPresent(Test.class)) {
                    var constructor = tests.getDeclaredConstructor();
                    constructor.setAccessible(true);
                    method.setAccessible(true);
                    method.invoke(constructor.newInstance());
                    passed.add(method.getName());
                }
            }
        }
        assertThat(passed).hasSize(2);
    }

    @Test
    void theReadmeShowsTheExampleAsItIs() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        String version = "<artifactId>carnelian</artifactId>\\s*<version>([^<]+)</version>";
        assertThat(found(EXAMPLE.resolve("pom.xml"), version)).isEqualTo(found(Path.of("pom.xml"), version));
        assertThat(readme)
                .contains(Files.readString(EXAMPLE.resolve("pom.xml")))
                .contains(Files.readString(EXAMPLE.resolve("src/main/java/com/example/words/WordCountHandler.java")))
                .contains(
                        Files.readString(EXAMPLE.resolve("src/test/java/com/example/words/WordCountHandlerTest.java")))
                .contains(Files.readString(EXAMPLE.resolve("src/main/resources").resolve(SERVICES)));
    }

    private static String found(Path file, String pattern) throws IOException {
        Matcher matcher = Pattern.compile(pattern).matcher(Files.readString(file));
        assertThat(matcher.find()).isTrue();
        return matcher.group(1);
    }

    @Test
    void aNodeRunsItAndAnotherGoesOnWhereTheFirstWasKilled() {
        try (LiveCluster cluster = new LiveCluster(folder)) {
            NodeProcess first = cluster.startByLauncher("first", "CARNELIAN_PLUGINS", plugins.toString())
                    .ready();
            String id = cluster.create(first, job());
            Awaitility.await("some items to be shown")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> cluster.get(first, "/jobs/" + id + "/items").size() >= 10);
            JsonNode shown = cluster.get(first, "/jobs/" + id + "/items");
            first.signal("KILL");
            NodeProcess second = cluster.startByLauncher("second", "CARNELIAN_PLUGINS", plugins.toString())
                    .ready();

            JsonNode ended = cluster.ended(second, id, Duration.ofSeconds(60));

            assertThat(ended.path("result")).hasToString("{\"texts\":59,\"errors\":1,\"words\":118}");
            assertThat(ended.path("node").asText()).isEqualTo("second");
            JsonNode items = cluster.get(second, "/jobs/" + id + "/items");
            assertThat(items).hasSize(TEXTS);
            for (int i = 0; i < shown.size(); i++) {
                assertThat(items.get(i)).as("not done again").isEqualTo(shown.get(i));
            }
            assertThat(items.get(TEXTS - 1).path("attempt").asInt()).isEqualTo(2);
            assertFailedItemsAreRerun(cluster, second, id);
            assertItIsDescribed(cluster, second);
        }
    }

    private static void assertFailedItemsAreRerun(LiveCluster cluster, NodeProcess node, String id) {
        String again = cluster.rerunFailed(node, id);
        JsonNode ended = cluster.ended(node, again, Duration.ofSeconds(30));

        assertThat(ended.path("only").asText()).isEqualTo("failed_items");
        assertThat(ended.path("result")).hasToString("{\"texts\":0,\"errors\":1,\"words\":0}");
        assertThat(cluster.get(node, "/jobs/" + again + "/items?status=failed").findValuesAsText("name"))
                .containsExactly("text 3");
    }

    private static void assertItIsDescribed(LiveCluster cluster, NodeProcess node) {
        JsonNode type = cluster.get(node, "/job-types/word_count");
        assertThat(type.at("/inputSchema/properties/texts/maxItems").asInt()).isEqualTo(1_000);
        assertThat(type.at("/resultSchema/properties/words/type").asText()).isEqualTo("integer");
        HttpResponse<String> refused =
                node.post(cluster.key(), "/jobs", "{\"type\": \"word_count\", \"input\": {\"texts\": []}}");
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.body()).contains("input.texts");
        assertThat(node.get(cluster.key(), "/openapi.json").body())
                .contains("\"word_count.input\"", "\"#/components/schemas/word_count.result\"");
    }

    @Test
    void aJarThatIsBrokenStopsTheStartWithOneLine() throws Exception {
        Files.writeString(classes.resolve(SERVICES), "com.example.words.Missing");
        pack(classes, plugins.resolve("words.jar"));
        Path output = folder.resolve("output");
        ProcessBuilder launcher = new ProcessBuilder(
                        Path.of("carnelian").toAbsolutePath().toString(), "server")
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        launcher.environment().put("CARNELIAN_JAR", System.getProperty("carnelian.jar"));
        launcher.environment().put("CARNELIAN_PLUGINS", plugins.toString());
        launcher.environment().put("JAVA_OPTS", "-XX:TieredStopAtLevel=1 " + ClassArchive.option());
        Process node = launcher.start();
        try {
            assertThat(node.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(Files.readString(output).strip())
                    .isEqualTo("carnelian: a job type on the class path cannot be loaded: Provider"
                            + " com.example.words.Missing not found");
            assertThat(node.exitValue()).isOne();
        } finally {
            node.destroyForcibly();
        }
    }

    private void compile(Path sources, String classPath) throws IOException {
        String path = classPath + File.pathSeparator + classes;
        List<String> arguments =
                new ArrayList<>(List.of("--release", "17", "-cp", path, "-d", classes.toString(), "-proc:none"));
        try (Stream<Path> files = Files.walk(sources)) {
            files.map(Path::toString).filter(file -> file.endsWith(".java")).forEach(arguments::add);
        }
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new)))
                .isZero();
    }

    private static void pack(Path from, Path jar) throws IOException {
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(file);
                Stream<Path> files = Files.walk(from)) {
            for (Path path : files.filter(Files::isRegularFile).toList()) {
                entries.putNextEntry(new ZipEntry(from.relativize(path).toString()));
                Files.copy(path, entries);
                entries.closeEntry();
            }
        }
    }

    /** Texts of two words; the third has none. */
    private static String job() {
        List<String> texts = new ArrayList<>(Collections.nCopies(TEXTS, "\"two words\""));
        texts.set(2, "\" \"");
        return "{\"type\": \"word_count\", \"input\": {\"texts\": [" + String.join(", ", texts)
                + "], \"pauseMs\": 150}}";
    }
}
