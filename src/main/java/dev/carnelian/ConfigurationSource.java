package dev.carnelian;

import io.dropwizard.configuration.ConfigurationSourceProvider;
import io.dropwizard.configuration.EnvironmentVariableSubstitutor;
import io.dropwizard.configuration.SubstitutingSourceProvider;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the configuration file that a command names, or the config.yml in the jar, and fills in the environment. */
final class ConfigurationSource {
    /** The config.yml of the repository, packed into the jar. */
    static final String BUNDLED = "/carnelian/config.yml";

    /** What a command gets for a path when none was given. */
    static final String DEFAULT = "the config.yml in the jar";

    private ConfigurationSource() {}

    static ConfigurationSourceProvider provider() {
        // A variable that config.yml names without a default is an error of its own; all of ours have one.
        return new SubstitutingSourceProvider(ConfigurationSource::open, new EnvironmentVariableSubstitutor(false));
    }

    private static InputStream open(String path) throws IOException {
        if (!path.equals(DEFAULT)) {
            if (!Files.isReadable(Path.of(path))) {
                throw new FileNotFoundException("the configuration file " + path + " cannot be read");
            }
            return Files.newInputStream(Path.of(path));
        }
        InputStream bundled = ConfigurationSource.class.getResourceAsStream(BUNDLED);
        if (bundled == null) {
            throw new FileNotFoundException("the jar has no config.yml; name one on the command line");
        }
        return bundled;
    }
}
