package dev.carnelian.embedding;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * all-MiniLM-L6-v2, quantised to 8 bits, in ONNX Runtime. Thread-safe, as a session of it is; each run takes the thread of
 * its caller and no other.
 *
 * <p>Texts are run one by one: quantised on the fly, a text in a batch would get a vector that depends on its neighbours,
 * and padding makes batches slower besides.
 */
final class OnnxModel implements AutoCloseable {
    static final int DIMENSIONS = 384;
    private static final int WINDOW = 256;
    private static final String MODEL = "all-minilm-l6-v2-q.onnx";
    private static final String TOKENIZER = "/all-minilm-l6-v2-q-tokenizer.json";

    /** Where ONNX Runtime looks for its libraries before it unpacks them itself, into a folder that a kill leaves behind. */
    private static final String LIBRARIES_PROPERTY = "onnxruntime.native.path";

    private final WordPiece tokenizer;
    private final OrtEnvironment runtime;
    private final OrtSession session;

    private OnnxModel(WordPiece tokenizer, OrtEnvironment runtime, OrtSession session) {
        this.tokenizer = tokenizer;
        this.runtime = runtime;
        this.session = session;
    }

    /**
     * Loads libraries and model; takes about a second.
     *
     * @throws LinkageError if the libraries do not fit this machine
     */
    static OnnxModel open() throws IOException, OrtException {
        WordPiece tokenizer = tokenizer();
        try (Unpacked files = Unpacked.of(MODEL)) {
            OrtEnvironment runtime = runtime(files.folder());
            try (SessionOptions options = options()) {
                String model = files.folder().resolve(MODEL).toString();
                return new OnnxModel(tokenizer, runtime, runtime.createSession(model, options));
            }
        }
    }

    private static WordPiece tokenizer() throws IOException {
        try (InputStream json = OnnxModel.class.getResourceAsStream(TOKENIZER)) {
            return new WordPiece(
                    WordPiece.vocabulary(Objects.requireNonNull(json, "the class path has no " + TOKENIZER)), WINDOW);
        }
    }

    private static OrtEnvironment runtime(Path libraries) throws OrtException {
        System.setProperty(LIBRARIES_PROPERTY, libraries.toString());
        try {
            OrtEnvironment runtime =
                    OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "carnelian");
            runtime.setTelemetry(false);
            return runtime;
        } finally {
            System.clearProperty(LIBRARIES_PROPERTY);
        }
    }

    private static SessionOptions options() throws OrtException {
        SessionOptions options = new SessionOptions();
        options.setIntraOpNumThreads(1);
        options.setInterOpNumThreads(1);
        // Plans of memory are kept for each length of text that was ever run.
        options.setMemoryPatternOptimization(false);
        return options;
    }

    /**
     * The vector of a text, of length 1. Of a text longer than a window, the mean of its windows by their lengths.
     *
     * @param text at least one character
     */
    float[] embed(String text) throws OrtException {
        List<long[]> windows = tokenizer.windows(text);
        float[] sum = new float[DIMENSIONS];
        for (long[] window : windows) {
            float[] vector = mean(window);
            for (int i = 0; i < DIMENSIONS; i++) {
                sum[i] += vector[i] * window.length;
            }
        }
        return normalised(sum);
    }

    /** The mean of the vectors of a window's pieces, of length 1. */
    private float[] mean(long[] window) throws OrtException {
        long[] shape = {1, window.length};
        long[] ones = new long[window.length];
        Arrays.fill(ones, 1);
        try (OnnxTensor ids = OnnxTensor.createTensor(runtime, LongBuffer.wrap(window), shape);
                OnnxTensor mask = OnnxTensor.createTensor(runtime, LongBuffer.wrap(ones), shape);
                OnnxTensor types = OnnxTensor.createTensor(runtime, LongBuffer.allocate(window.length), shape);
                OrtSession.Result result = session.run(
                        Map.of("input_ids", ids, "attention_mask", mask, "token_type_ids", types),
                        Set.of("last_hidden_state"))) {
            FloatBuffer pieces = ((OnnxTensor) result.get(0)).getFloatBuffer();
            float[] sum = new float[DIMENSIONS];
            for (int piece = 0; piece < window.length; piece++) {
                for (int i = 0; i < DIMENSIONS; i++) {
                    sum[i] += pieces.get();
                }
            }
            return normalised(sum);
        }
    }

    private static float[] normalised(float[] vector) {
        double squares = 0;
        for (float value : vector) {
            squares += (double) value * value;
        }
        double length = Math.sqrt(squares);
        float[] normalised = new float[vector.length];
        for (int i = 0; i < vector.length; i++) {
            normalised[i] = (float) (vector[i] / length);
        }
        return normalised;
    }

    /** Frees its memory; no run may be under way. */
    @Override
    public void close() throws OrtException {
        session.close();
    }
}
