package dev.carnelian.storage;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.carnelian.database.Secret;
import io.dropwizard.validation.ValidationMethod;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;

/**
 * The {@code storage} section of config.yml. Defaults are written there, never here.
 *
 * @param kind where the bytes of new files are kept
 * @param s3 the bucket, of use when the kind is s3
 */
public record StorageConfiguration(
        @NotNull Kind kind, @NotNull @Valid S3 s3) {
    /** Where bytes are kept. */
    public enum Kind {
        /** In PostgreSQL. */
        DATABASE,
        /** In a bucket of an S3-compatible server. */
        S3
    }

    /**
     * A bucket.
     *
     * @param endpoint address of the server; empty for Amazon's own
     * @param prefix what the keys of all objects begin with, such as {@code carnelian/}
     * @param accessKey empty for what the machine provides: environment, profile or role
     * @param pathStyle whether the bucket stands in the path of the address rather than in its host
     */
    public record S3(
            @NotNull @Pattern(regexp = "|https?://.+", message = "must begin with http:// or https://, or be empty")
            String endpoint,

            @NotBlank String region,
            @NotNull String bucket,

            @NotNull
            @Pattern(
                    regexp = "[A-Za-z0-9!_.*'()/-]{0,200}",
                    message = "must be up to 200 letters, digits and !_.*'()/-")
            String prefix,

            @NotNull String accessKey,
            @NotNull Secret secretKey,
            boolean pathStyle) {}

    @ValidationMethod(message = "storage.s3.bucket must be set when storage.kind is s3")
    @JsonIgnore
    public boolean isBucketNamed() {
        return kind != Kind.S3 || s3 == null || !s3.bucket().isBlank();
    }
}
