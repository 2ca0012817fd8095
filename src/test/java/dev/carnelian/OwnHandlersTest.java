package dev.carnelian;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carnelian.job.JobContext;
import dev.carnelian.job.JobHandler;
import dev.carnelian.job.JobType;
import dev.carnelian.worker.Handlers;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnHandlersTest {
    @TempDir
    private Path folder;

    /** Does nothing. */
    public static final class Good extends Nothing {
        public Good() {
            super("own", Value.class);
        }
    }

    /** Is named as the other one. */
    public static final class SameName extends Nothing {
        public SameName() {
            super("own", Value.class);
        }
    }

    /** Takes what is no record. */
    public static final class NoRecord extends Nothing {
        public NoRecord() {
            super("own", String.class);
        }
    }

    /** Cannot be made. */
    public static final class Broken extends Nothing {
        public Broken() {
            super("own", Value.class);
            throw new IllegalStateException("no licence file");
        }
    }

    /** The input and result. */
    public record Value() {}

    abstract static class Nothing implements JobHandler<Object, Object> {
        private final JobType<Object, Object> type;

        @SuppressWarnings("unchecked")
        Nothing(String name, Class<?> input) {
            type = new JobType<>(
                    name,
                    "Does nothing",
                    (Class<Object>) input,
                    (Class<Object>) (Class<?>) Value.class,
                    JobType.Limits.standard());
        }

        @Override
        public JobType<Object, Object> type() {
            return type;
        }

        @Override
        public Object handle(Object input, JobContext context) {
            return new Value();
        }
    }

    @Test
    void handlersOnTheClassPathAreFound() throws IOException {
        assertThat(load(Good.class.getName())).hasExactlyElementsOfTypes(Good.class);
        assertThat(load()).isEmpty();
    }

    @Test
    void whatIsWrongIsSaidInOneLine() {
        assertComplaint(
                "a job type on the class path cannot be loaded: Provider com.example.Missing not found",
                "com.example.Missing");
        assertComplaint(
                "a job type on the class path cannot be loaded: Provider dev.carnelian.OwnHandlersTest$Broken could not"
                        + " be instantiated: java.lang.IllegalStateException: no licence file",
                Broken.class.getName());
        assertComplaint(
                "the job type of dev.carnelian.OwnHandlersTest$NoRecord cannot be used: the input and the result of a job"
                        + " type must be records",
                NoRecord.class.getName());
    }

    @Test
    void twoHandlersOfOneTypeAreNamed() throws IOException {
        List<JobHandler<?, ?>> two = load(Good.class.getName(), SameName.class.getName());

        assertThatThrownBy(() -> new Handlers(two))
                .hasMessage("two handlers serve the job type own: dev.carnelian.OwnHandlersTest$Good and"
                        + " dev.carnelian.OwnHandlersTest$SameName");
    }

    private void assertComplaint(String complaint, String... providers) {
        assertThatThrownBy(() -> load(providers))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(complaint);
    }

    private List<JobHandler<?, ?>> load(String... providers) throws IOException {
        Path services = Files.createDirectories(folder.resolve("META-INF/services"));
        Files.write(services.resolve(JobHandler.class.getName()), List.of(providers));
        URL[] urls = {folder.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(urls, OwnHandlersTest.class.getClassLoader())) {
            return OwnHandlers.load(loader);
        }
    }
}
