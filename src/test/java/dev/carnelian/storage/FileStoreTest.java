package dev.carnelian.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.carnelian.database.TestDatabase;
import dev.carnelian.job.TenantId;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class FileStoreTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final TenantId OTHER = new TenantId("other");
    private static final int MIB = DatabaseContents.CHUNK_BYTES;

    private static Jdbi jdbi;
    private static FileStore files;

    @BeforeAll
    static void open() {
        jdbi = Jdbi.create(TestDatabase.migrated().dataSource()).installPlugin(new SqlObjectPlugin());
        files = new FileStore(jdbi, Duration.ofDays(7));
    }

    @Test
    void whatIsStoredIsReadBackToTheByte() throws Exception {
        byte[] content = random(10 * MIB + 17);

        StoredFile stored = store("report.pdf", content);

        assertThat(stored.size()).isEqualTo(content.length);
        assertThat(stored.sha256())
                .isEqualTo(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(content)));
        assertThat(stored.expiresAt())
                .isCloseTo(stored.createdAt().plus(Duration.ofDays(7)), within(1, ChronoUnit.MINUTES));
        assertThat(files.find(ACME, stored.id())).contains(stored);
        assertThat(files.open(stored).readAllBytes()).isEqualTo(content);
    }

    @Test
    void aPartIsReadAcrossThePieces() throws Exception {
        byte[] content = random(3 * MIB);
        StoredFile stored = store("part.bin", content);

        assertThat(read(stored, 0, 1)).isEqualTo(Arrays.copyOf(content, 1));
        assertThat(read(stored, MIB - 5, 10)).isEqualTo(Arrays.copyOfRange(content, MIB - 5, MIB + 5));
        assertThat(read(stored, 10, 2L * MIB)).isEqualTo(Arrays.copyOfRange(content, 10, 2 * MIB + 10));
        assertThat(read(stored, 3L * MIB, 0)).isEmpty();
        try (InputStream single = files.open(stored, 3L * MIB - 1, 1)) {
            assertThat(single.read()).isEqualTo(content[3 * MIB - 1] & 0xff);
            assertThat(single.read()).isEqualTo(-1);
        }
        assertThatThrownBy(() -> files.open(stored, 1, 3L * MIB)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> files.open(stored, 5, Long.MAX_VALUE)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anEmptyFileIsAFile() throws Exception {
        StoredFile stored = store("empty.txt", new byte[0]);

        assertThat(stored.size()).isZero();
        assertThat(files.open(stored).readAllBytes()).isEmpty();
    }

    @Test
    void aFileAtTheCapIsKeptAndOneByteMoreLeavesNothing() throws Exception {
        assertThat(files.store(ACME, "at", "text/plain", stream(random(MIB + 1)), MIB + 1)
                        .size())
                .isEqualTo(MIB + 1);
        long before = rows();

        assertThatThrownBy(() -> files.store(ACME, "over", "text/plain", stream(random(MIB + 2)), MIB + 1))
                .isInstanceOf(FileTooLargeException.class)
                .hasMessageContaining(String.valueOf(MIB + 1));

        assertThat(rows()).isEqualTo(before);
    }

    @Test
    void anUploadThatBreaksLeavesNothing() {
        InputStream broken = new AtItsEnd(() -> {
            throw new IOException("connection reset");
        });
        long before = rows();

        assertThatThrownBy(() -> files.store(
                        ACME, "half", "text/plain", new SequenceInputStream(stream(random(2 * MIB)), broken), 9L * MIB))
                .isInstanceOf(IOException.class)
                .hasMessage("connection reset");

        assertThat(rows()).isEqualTo(before);
    }

    @Test
    void anUploadInProgressIsNotVisible() throws Exception {
        InputStream curious = new AtItsEnd(() -> {
            UUID id = jdbi.withHandle(h -> h.createQuery("SELECT id FROM files WHERE name = 'curious'")
                    .mapTo(UUID.class)
                    .one());
            assertThat(files.find(ACME, new FileId(id))).isEmpty();
        });

        StoredFile stored = files.store(ACME, "curious", "text/plain", curious, MIB);

        assertThat(files.find(ACME, stored.id())).isPresent();
    }

    @Test
    void anotherTenantSeesAndDeletesNothing() throws Exception {
        StoredFile stored = store("secret.txt", random(10));

        assertThat(files.find(OTHER, stored.id())).isEmpty();
        assertThat(files.delete(OTHER, stored.id())).isFalse();
        assertThat(files.find(ACME, stored.id())).isPresent();
    }

    @Test
    void aFileDeletedWhileItIsReadEndsTheReading() throws Exception {
        StoredFile stored = store("gone.bin", random(2 * MIB));
        InputStream reading = files.open(stored);
        assertThat(reading.readNBytes(MIB)).hasSize(MIB);

        assertThat(files.delete(ACME, stored.id())).isTrue();

        assertThatThrownBy(reading::readAllBytes)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("deleted");
        assertThat(files.delete(ACME, stored.id())).isFalse();
    }

    @Test
    void expiredFilesAreInvisibleAndGoInBatches() throws Exception {
        FileStore brief = new FileStore(jdbi, Duration.ZERO);
        StoredFile first = brief.store(ACME, "a", "text/plain", stream(random(10)), MIB);
        brief.store(ACME, "b", "text/plain", stream(random(10)), MIB);
        StoredFile lasting = store("c", random(10));

        assertThat(files.find(ACME, first.id())).isEmpty();
        assertThat(files.deleteExpired(1)).isOne();
        assertThat(files.deleteExpired(10)).isOne();
        assertThat(files.deleteExpired(10)).isZero();
        assertThat(files.find(ACME, lasting.id())).isPresent();
    }

    @Test
    void aMediaTypeThatIsNoneIsUnknown() throws Exception {
        StoredFile stored = files.store(ACME, "x", "text/plain\r\nX: y", stream(new byte[1]), MIB);

        assertThat(stored.mediaType()).isEqualTo("application/octet-stream");
    }

    private static StoredFile store(String name, byte[] content) throws IOException {
        return files.store(ACME, name, "application/pdf", stream(content), 100L * MIB);
    }

    private static byte[] read(StoredFile file, long from, long length) throws IOException {
        try (InputStream part = files.open(file, from, length)) {
            return part.readAllBytes();
        }
    }

    private static long rows() {
        return jdbi.withHandle(
                handle -> handle.createQuery("SELECT (SELECT count(*) FROM files) + (SELECT count(*) FROM file_chunks)")
                        .mapTo(Long.class)
                        .one());
    }

    private static InputStream stream(byte[] content) {
        return new ByteArrayInputStream(content);
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    /** An empty body that does something when it is read. */
    private static final class AtItsEnd extends InputStream {
        interface Step {
            void run() throws IOException;
        }

        private final Step step;

        AtItsEnd(Step step) {
            this.step = step;
        }

        @Override
        public int read() throws IOException {
            step.run();
            return -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            return read();
        }
    }
}
