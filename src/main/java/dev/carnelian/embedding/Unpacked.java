package dev.carnelian.embedding;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of the class path that native code can only read from a disk: a temporary folder that is deleted as soon as
 * they are loaded.
 */
final class Unpacked implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Unpacked.class);
    private static final List<String> LIBRARIES = List.of("onnxruntime", "onnxruntime4j_jni");

    private final Path folder;
    private final List<Path> files = new ArrayList<>();

    private Unpacked(Path folder) {
        this.folder = folder;
    }

    /**
     * Unpacks ONNX Runtime's libraries for this platform, and a model.
     *
     * @throws FileNotFoundException if the class path has none for it
     */
    static Unpacked of(String model) throws IOException {
        Unpacked unpacked = new Unpacked(Files.createTempDirectory("carnelian-model-"));
        try {
            for (String library : LIBRARIES) {
                String file = System.mapLibraryName(library);
                unpacked.add("/ai/onnxruntime/native/" + platform() + "/" + file, file);
            }
            unpacked.add("/" + model, model);
            return unpacked;
        } catch (IOException e) {
            unpacked.close();
            throw e;
        }
    }

    /** As ONNX Runtime names the folders in its jar. */
    private static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String system = os.contains("mac") ? "osx" : os.contains("win") ? "win" : "linux";
        return system + "-" + (System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x64");
    }

    private void add(String resource, String name) throws IOException {
        try (InputStream in = Unpacked.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new FileNotFoundException("the class path has no " + resource);
            }
            Path file = folder.resolve(name);
            files.add(file);
            Files.copy(in, file);
        }
    }

    Path folder() {
        return folder;
    }

    /** Deletes the folder; where a loaded library cannot be deleted, at the end of the JVM. */
    @Override
    public void close() {
        files.add(folder);
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                LOG.debug("{} is deleted when this process ends", file, e);
            }
        }
        if (Files.exists(folder)) {
            // The last that is registered is deleted first.
            files.add(0, folder);
            files.forEach(file -> file.toFile().deleteOnExit());
        }
    }
}
