package dev.carnelian.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carnelian.S3Server;
import dev.carnelian.database.Secret;
import dev.carnelian.database.TestDatabase;
import dev.carnelian.job.TenantId;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a real server, which checks signatures. */
class S3StorageTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final long CAP = 64L << 20;
    private static final int MIB = 1 << 20;

    @TempDir
    private static Path folder;

    private static S3Server server;
    private static Jdbi jdbi;
    private static FileStore files;

    @BeforeAll
    static void open() throws IOException {
        server = S3Server.start(folder);
        jdbi = Jdbi.create(TestDatabase.migrated().dataSource()).installPlugin(new SqlObjectPlugin());
        files = FileStore.open(configuration(S3Server.BUCKET, S3Server.SECRET_KEY), jdbi, Duration.ofDays(1));
    }

    @AfterAll
    static void close() {
        files.close();
        server.close();
    }

    @AfterEach
    void nothingIsLeftOver() throws IOException {
        jdbi.useHandle(handle -> handle.execute("UPDATE files SET expires_at = now()"));
        files.deleteExpired(100);
        files.deleteObjectsOfGoneFiles(100);
        assertThat(server.objects()).isEmpty();
        assertThat(rows("deleted_objects")).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                0,
                1,
                Bucket.PART_BYTES - 1,
                Bucket.PART_BYTES,
                Bucket.PART_BYTES + 1,
                2 * Bucket.PART_BYTES,
                20 * MIB + 17
            })
    void whatIsStoredIsReadBackToTheByte(int size) throws IOException {
        byte[] content = random(size);

        StoredFile stored = store(content);

        assertThat(stored.size()).isEqualTo(size);
        assertThat(stored.inBucket()).isTrue();
        assertThat(files.open(stored).readAllBytes()).isEqualTo(content);
        assertThat(server.objects()).containsExactly("node/" + stored.id());
        assertThat(rows("file_chunks")).isZero();
    }

    @Test
    void aPartIsReadAcrossThePieces() throws IOException {
        byte[] content = random(3 * Bucket.PIECE_BYTES);
        StoredFile stored = store(content);

        assertThat(read(stored, 0, 1)).isEqualTo(Arrays.copyOf(content, 1));
        int from = Bucket.PIECE_BYTES - 5;
        assertThat(read(stored, from, Bucket.PIECE_BYTES + 10))
                .isEqualTo(Arrays.copyOfRange(content, from, from + Bucket.PIECE_BYTES + 10));
        assertThat(read(stored, content.length, 0)).isEmpty();
    }

    @Test
    void anUploadThatIsTooLargeOrBreaksLeavesNothing() throws IOException {
        assertThatThrownBy(() -> files.store(ACME, "large", "text/plain", stream(random(10 * MIB)), 9L * MIB))
                .isInstanceOf(FileTooLargeException.class);
        assertThatThrownBy(() -> files.store(ACME, "half", "text/plain", broken(new IOException("reset")), CAP))
                .hasMessage("reset");

        assertThat(server.objects()).isEmpty();
        assertThat(rows("files")).isZero();
        assertThat(rows("deleted_objects")).isZero();
    }

    @Test
    void whatALostNodeHadUploadedIsRemovedWithItsRow() throws IOException {
        // An error is handled by nobody, as the end of the process would not be.
        assertThatThrownBy(() -> files.store(ACME, "lost", "text/plain", broken(new AssertionError("killed")), CAP))
                .hasMessage("killed");
        assertThat(server.objects()).as("parts").isNotEmpty();

        jdbi.useHandle(handle -> handle.execute("UPDATE files SET expires_at = now() WHERE size IS NULL"));
        assertThat(files.deleteExpired(10)).isOne();
        assertThat(files.deleteObjectsOfGoneFiles(10)).isOne();

        assertThat(server.objects()).isEmpty();
    }

    @Test
    void aDeletedFileIsGoneFromTheBucketAndEndsTheReading() throws IOException {
        StoredFile stored = store(random(2 * Bucket.PIECE_BYTES));
        InputStream reading = files.open(stored);
        assertThat(reading.readNBytes(10)).hasSize(10);

        assertThat(files.delete(ACME, stored.id())).isTrue();

        assertThat(server.objects()).isEmpty();
        assertThatThrownBy(reading::readAllBytes)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("deleted");
    }

    @Test
    void withoutTheServerNothingIsPromisedAndDeletionsAreMadeUpFor() throws Exception {
        StoredFile stored = store(random(100));
        server.stop();
        try {
            assertThatThrownBy(() -> store(random(100)))
                    .isInstanceOf(StorageUnavailableException.class)
                    .hasMessageContaining("bucket files at " + server.endpoint() + " cannot be used");
            assertThatThrownBy(() -> files.open(stored).read()).isInstanceOf(StorageUnavailableException.class);
            assertThatThrownBy(() -> files.check()).isInstanceOf(StorageUnavailableException.class);
            assertThat(files.delete(ACME, stored.id())).isTrue();
            assertThat(files.find(ACME, stored.id())).isEmpty();
            assertThat(files.deleteObjectsOfGoneFiles(10)).isZero();
        } finally {
            server.restart();
        }
        assertThat(server.objects()).hasSize(1);
        assertThat(rows("files")).isZero();
        jdbi.useHandle(handle -> handle.execute("UPDATE deleted_objects SET tried_at = '-infinity'"));

        assertThat(files.deleteObjectsOfGoneFiles(10)).isEqualTo(2);

        assertThat(server.objects()).isEmpty();
    }

    @Test
    void filesOfTheDatabaseCanStillBeReadAndThoseOfABucketNeedOne() throws IOException {
        FileStore before = new FileStore(jdbi, Duration.ofDays(1));
        StoredFile inDatabase = before.store(ACME, "old", "text/plain", stream(random(100)), CAP);
        StoredFile inBucket = store(random(100));

        assertThat(files.open(inDatabase).readAllBytes()).isEqualTo(random(100));
        assertThatThrownBy(() -> before.open(inBucket).readAllBytes())
                .isInstanceOf(StorageUnavailableException.class)
                .hasMessageContaining("configured for none");
    }

    @ParameterizedTest
    @CsvSource({
        "nowhere, test-secret, bucket nowhere at .* cannot be used: NoSuchBucket \\(404\\)",
        "files, wrong, bucket files at .* cannot be used: SignatureDoesNotMatch \\(403\\)",
    })
    void aBucketThatCannotBeUsedStopsTheStart(String bucket, String secret, String why) {
        assertThatThrownBy(() -> FileStore.open(configuration(bucket, secret), jdbi, Duration.ofDays(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageMatching("the file storage cannot be used: " + why);
    }

    private static StorageConfiguration configuration(String bucket, String secret) {
        return new StorageConfiguration(
                StorageConfiguration.Kind.S3,
                new StorageConfiguration.S3(
                        server.endpoint(),
                        "us-east-1",
                        bucket,
                        "node/",
                        S3Server.ACCESS_KEY,
                        new Secret(secret),
                        true));
    }

    private static StoredFile store(byte[] content) throws IOException {
        return files.store(ACME, "a.bin", "application/pdf", stream(content), CAP);
    }

    private static byte[] read(StoredFile file, long from, long length) throws IOException {
        try (InputStream part = files.open(file, from, length)) {
            return part.readAllBytes();
        }
    }

    private static long rows(String table) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT count(*) FROM <table>")
                .define("table", table)
                .mapTo(Long.class)
                .one());
    }

    /** Two parts of an upload and a failure after them. */
    private static InputStream broken(Throwable failure) {
        InputStream end = new InputStream() {
            @Override
            public int read() throws IOException {
                if (failure instanceof IOException expected) {
                    throw expected;
                }
                throw (Error) failure;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return read();
            }
        };
        return new SequenceInputStream(stream(random(2 * Bucket.PART_BYTES)), end);
    }

    private static InputStream stream(byte[] content) {
        return new ByteArrayInputStream(content);
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }
}
