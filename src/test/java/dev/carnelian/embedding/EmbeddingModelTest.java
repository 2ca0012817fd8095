package dev.carnelian.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carnelian.job.JobFailedException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class EmbeddingModelTest {
    private static final EmbeddingModel MODEL = new EmbeddingModel(2);

    @AfterAll
    static void close() throws Exception {
        MODEL.close();
    }

    @Test
    void vectorsHaveLengthOne() throws Exception {
        float[] vector = embed("Every vector lies on the unit sphere.");

        assertThat(vector).hasSize(384);
        assertThat(cosine(vector, vector)).isCloseTo(1, Offset.offset(1e-5));
    }

    @Test
    void whatMeansTheSameIsCloserThanWhatDoesNot() throws Exception {
        List<float[]> vectors = MODEL.embed(List.of(
                "How do I restore a database from a backup?",
                "Recovering a database out of a dump file",
                "The recipe needs two eggs and a cup of flour."));

        assertThat(cosine(vectors.get(0), vectors.get(1))).isGreaterThan(0.5);
        assertThat(cosine(vectors.get(0), vectors.get(2))).isLessThan(0.15);
    }

    /** Licences of the libraries in ONNX Runtime's jar: the same licence in other words, against a different one. */
    @Test
    void paragraphsOfRealTextsLieNearTheirLikes() throws Exception {
        String notices = notices();
        String mit = paragraph(notices, "Permission is hereby granted, free of charge");
        String warranty = paragraph(notices, "THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND");
        List<float[]> vectors = MODEL.embed(List.of(
                "Anyone may use, copy, change and sell the software for free", "There is no guarantee", mit, warranty));

        assertThat(cosine(vectors.get(0), vectors.get(2))).isGreaterThan(cosine(vectors.get(0), vectors.get(3)) + 0.1);
        assertThat(cosine(vectors.get(1), vectors.get(3))).isGreaterThan(cosine(vectors.get(1), vectors.get(2)) + 0.1);
    }

    @Test
    void aTextHasTheSameVectorWhateverItsNeighbours() throws Exception {
        String text = "A text always has one vector.";
        float[] alone = embed(text);
        List<String> texts = new ArrayList<>(Collections.nCopies(20, text));
        Stream.of(notices().split("\\n\\n"))
                .limit(60)
                .filter(part -> !part.isBlank())
                .forEach(texts::add);
        Collections.shuffle(texts);

        List<float[]> among = MODEL.embed(texts);

        for (int i = 0; i < texts.size(); i++) {
            if (texts.get(i).equals(text)) {
                assertThat(among.get(i)).containsExactly(alone);
            }
        }
    }

    @Test
    void nothingOfALongTextIsLost() throws Exception {
        String start = "The committee discussed the budget of the harbour. ".repeat(40);
        float[] whole = embed(start + "Penguins breed on the ice in winter. ".repeat(40));

        assertThat(cosine(whole, embed(start))).isBetween(0.3, 0.95);
        assertThat(cosine(whole, embed("Penguins breed on the ice in winter."))).isGreaterThan(0.3);
    }

    @Test
    void whateverCanBeStoredHasAVector() throws Exception {
        List<String> odd =
                List.of("\u200B", ".", "東京都は日本の首都です。", "👨‍👩‍👧‍👦", "مرحبا", "x".repeat(8_000), "東".repeat(8_000));

        assertThat(MODEL.embed(odd)).hasSameSizeAs(odd).allSatisfy(vector -> {
            for (float value : vector) {
                assertThat(value).isFinite();
            }
        });
    }

    @Test
    void noTextsAreNoVectors() throws Exception {
        assertThat(MODEL.embed(List.of())).isEmpty();
    }

    @Test
    void anInterruptedCallerLeavesAtOnce() {
        List<String> texts = Collections.nCopies(500, "word ".repeat(1_600));
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        Thread caller = new Thread(() -> {
            try {
                thrown.complete(new AssertionError(MODEL.embed(texts).size()));
            } catch (Throwable e) {
                thrown.complete(e);
            }
        });
        caller.start();

        caller.interrupt();

        assertThat(thrown).succeedsWithin(Duration.ofSeconds(5)).isInstanceOf(InterruptedException.class);
    }

    @Test
    void nothingIsLeftOfWhatWasUnpacked() throws Exception {
        EmbeddingModel model = new EmbeddingModel(1);
        try (Stream<Path> before = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            List<Path> known = before.toList();
            assertThat(model.embed(List.of("one"))).hasSize(1);

            try (Stream<Path> after = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
                assertThat(after.filter(path -> !known.contains(path))
                                .map(path -> path.getFileName().toString())
                                .filter(name -> name.startsWith("carnelian-model-")))
                        .isEmpty();
            }
        }
        model.close();
    }

    @Test
    void aClosedModelRefuses() throws Exception {
        EmbeddingModel model = new EmbeddingModel(1);
        model.close();

        assertThatThrownBy(() -> model.embed(List.of("late")))
                .isInstanceOfSatisfying(
                        JobFailedException.class,
                        e -> assertThat(e.failure().code()).isEqualTo("model_unavailable"));
    }

    @Test
    void aModelThatIsClosedInTheMiddleLetsItsTextsEnd() throws Exception {
        EmbeddingModel model = new EmbeddingModel(2);
        assertThat(model.embed(List.of("warm"))).hasSize(1);
        CompletableFuture<Object> ended = CompletableFuture.supplyAsync(() -> {
            try {
                return model.embed(Collections.nCopies(2_000, "some words to be busy with"));
            } catch (Exception e) {
                return e;
            }
        });

        model.close();

        assertThat(ended).succeedsWithin(Duration.ofSeconds(10));
    }

    private static float[] embed(String text) throws InterruptedException {
        return MODEL.embed(List.of(text)).get(0);
    }

    static double cosine(float[] one, float[] other) {
        double product = 0;
        for (int i = 0; i < one.length; i++) {
            product += (double) one[i] * other[i];
        }
        return product;
    }

    private static String notices() throws IOException {
        try (InputStream in = EmbeddingModelTest.class.getResourceAsStream("/ThirdPartyNotices.txt")) {
            return new String(
                            Objects.requireNonNull(in, "ONNX Runtime's notices").readAllBytes(), StandardCharsets.UTF_8)
                    .replace("\r\n", "\n");
        }
    }

    private static String paragraph(String text, String start) {
        int from = text.indexOf(start);
        return text.substring(from, text.indexOf("\n\n", from));
    }
}
