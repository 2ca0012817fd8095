package dev.carnelian.transfer;

import static dev.carnelian.transfer.TransferFixture.ACME;
import static dev.carnelian.transfer.TransferFixture.OTHER;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.carnelian.job.TenantId;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is exported and imported again is equal, whatever it is. */
class RoundTripTest {
    private static final TransferFixture TRANSFER = new TransferFixture();
    private static final long SEED = 20261125;

    private static final List<String> NASTY = List.of(
            "",
            " ",
            "'",
            "''",
            "'=1+1",
            "''=1",
            "=cmd|' /C calc'!A0",
            "+1",
            "-1",
            "@SUM(A1)",
            "\tTAB",
            "\rCR",
            "\n",
            "\r\n",
            "\"",
            "\"\"",
            "a\"b",
            ",",
            ";",
            "\\",
            "\\\\n",
            "\\N",
            "\\.",
            "null",
            "NULL",
            "{}",
            "[",
            "\u0001",
            "\u0002",
            "\u001f",
            "\u007f",
            "\u0085",
            "\u2028",
            "\u2029",
            "\uFEFF",
            "\uFFFD",
            "\uFFFF",
            "漢字かな交じり文",
            "😄🏳️‍🌈👩‍👩‍👧",
            "é e\u0301",
            "\u202Eevil",
            "ﷺ",
            "x".repeat(70_000));

    @BeforeAll
    static void fill() {
        Random random = new Random(SEED);
        TRANSFER.jdbi.useTransaction(transaction -> {
            for (int i = 0; i < 400; i++) {
                insert(transaction, random, i);
            }
        });
    }

    private static void insert(Handle transaction, Random random, int number) {
        UUID id = UuidCreator.getTimeOrderedEpochPlus1();
        int chunks = random.nextInt(4);
        String language = random.nextInt(3) == 0 ? null : random.nextBoolean() ? "eng" : "";
        transaction.execute(
                """
                INSERT INTO documents (id, tenant_id, collection, job_id, position, name, media_type, language, metadata,
                    bytes, characters, truncated, chunk_count, created_at)
                VALUES (?, 'acme', 'nasty', ?, ?, ?, ?, ?,
                    jsonb_build_object(?::text, ?::text, 'number', 1.50, 'deep', jsonb_build_array(null, true, 1e30)),
                    ?, ?, ?, ?, now() - make_interval(secs => ?))""",
                id,
                UUID.randomUUID(),
                number,
                // a name is never blank
                name("n" + number + text(random)),
                "text/x-" + random.nextInt(9),
                language,
                "k" + text(random),
                text(random),
                random.nextLong(1L << 40),
                random.nextInt(1 << 30),
                random.nextBoolean(),
                chunks,
                random.nextInt(1_000_000) / 1000.0);
        for (int ordinal = 0; ordinal < chunks; ordinal++) {
            String text = text(random);
            int start = random.nextInt(1000);
            transaction.execute(
                    "INSERT INTO document_chunks VALUES (?, ?, ?, ?, ?)",
                    id,
                    ordinal,
                    start,
                    start + text.length(),
                    text);
        }
    }

    private static String name(String text) {
        return text.length() > 4_000 ? text.substring(0, 3_000) : text;
    }

    /** Some nasty pieces, with random characters of all planes between them. */
    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int pieces = random.nextInt(4); pieces > 0; pieces--) {
            text.append(NASTY.get(random.nextInt(NASTY.size())));
            if (random.nextBoolean()) {
                int character = random.nextInt(1, Character.MAX_CODE_POINT);
                text.appendCodePoint(character >= 0xD800 && character <= 0xDFFF ? 'x' : character);
            }
        }
        return text.toString();
    }

    @ParameterizedTest
    @CsvSource({
        "jsonl, none", "jsonl, gzip", "jsonl, zstd",
        "csv, none", "csv, gzip", "csv, zstd"
    })
    void documentsComeBackEqual(String format, String compression) throws Exception {
        ExportResult exported = TRANSFER.export(
                ACME,
                "{\"what\":\"documents\",\"collection\":\"nasty\",\"format\":\"%s\",\"compression\":\"%s\"}"
                        .formatted(format, compression));
        String collection = format + "-" + compression;
        TenantId target = compression.equals("none") ? OTHER : ACME;

        ImportResult imported = TRANSFER.load(
                target,
                TRANSFER.file(target, "rows", TRANSFER.bytes(ACME, exported.file())),
                "{\"collection\":\"" + collection + "\"}");

        assertThat(imported.errors()).as(() -> errors(target, imported)).isZero();
        assertThat(exported.rows()).isEqualTo(400);
        assertThat(imported.rowsImported()).isEqualTo(400);
        assertThat(imported.format()).isEqualTo(exported.format());
        assertThat(imported.compression()).isEqualTo(exported.compression());
        assertThat(TRANSFER.contents(target, collection)).hasSize(400).isEqualTo(TRANSFER.contents(ACME, "nasty"));
    }

    private static String errors(TenantId tenant, ImportResult result) {
        try {
            return result.errorFile() == null
                    ? ""
                    : TRANSFER.text(tenant, result.errorFile()).substring(0, 1_000);
        } catch (java.io.IOException e) {
            return e.toString();
        }
    }

    @ParameterizedTest
    @CsvSource({"jsonl, id", "csv, id", "jsonl, name", "csv, name"})
    void chunksComeBackEqual(String format, String key) throws Exception {
        ExportResult exported = TRANSFER.export(
                ACME, "{\"what\":\"chunks\",\"collection\":\"nasty\",\"format\":\"%s\"}".formatted(format));
        String collection = "chunks-" + format + "-" + key;

        ImportResult imported = TRANSFER.load(
                OTHER,
                TRANSFER.file(OTHER, "rows", TRANSFER.bytes(ACME, exported.file())),
                "{\"what\":\"chunks\",\"collection\":\"%s\",\"key\":\"%s\"}".formatted(collection, key));

        assertThat(imported.errors()).as(() -> errors(OTHER, imported)).isZero();
        assertThat(imported.rowsImported()).isEqualTo(exported.rows()).isPositive();
        assertThat(chunks("other", collection)).isEqualTo(chunks("acme", "nasty"));
        assertThat(TRANSFER.strings("""
                        SELECT name FROM documents AS d WHERE tenant_id = 'other' AND collection = ?
                            AND chunk_count <> (SELECT count(*) FROM document_chunks WHERE document_id = d.id)""", collection)).isEmpty();
    }

    private static List<String> chunks(String tenant, String collection) {
        return TRANSFER.strings("""
                SELECT jsonb_build_array(d.name, c.ordinal, c.text_start, c.text_end, c.text)::text AS row
                FROM documents AS d JOIN document_chunks AS c ON c.document_id = d.id
                WHERE d.tenant_id = ? AND d.collection = ? ORDER BY row""", tenant, collection);
    }

    @ParameterizedTest
    @CsvSource({"jsonl, none", "csv, zstd"})
    void embeddingsComeBackEqual(String format, String compression) throws Exception {
        embed();
        String collection = "vectors-" + format;
        TRANSFER.load(
                OTHER,
                TRANSFER.file(
                        OTHER,
                        "rows",
                        TRANSFER.bytes(
                                ACME,
                                TRANSFER.export(ACME, "{\"what\":\"documents\",\"collection\":\"nasty\"}")
                                        .file())),
                "{\"collection\":\"" + collection + "\"}");
        ExportResult exported = TRANSFER.export(
                ACME,
                "{\"what\":\"embeddings\",\"collection\":\"nasty\",\"format\":\"%s\",\"compression\":\"%s\"}"
                        .formatted(format, compression));

        ImportResult imported = TRANSFER.load(
                OTHER,
                TRANSFER.file(OTHER, "rows", TRANSFER.bytes(ACME, exported.file())),
                "{\"what\":\"embeddings\",\"collection\":\"" + collection + "\"}");

        assertThat(imported.errors()).as(() -> errors(OTHER, imported)).isZero();
        assertThat(imported.rowsImported()).isEqualTo(exported.rows()).isPositive();
        assertThat(vectors("other", collection)).isEqualTo(vectors("acme", "nasty"));
    }

    private static void embed() {
        TRANSFER.jdbi.useHandle(handle -> handle.execute("""
                INSERT INTO embeddings (document_id, ordinal, model, dimensions, vector)
                SELECT c.document_id, c.ordinal, m.model, 5,
                    ARRAY[random(), -random() / 3, 1e-38, 3.4e38, 0]::real[]
                FROM document_chunks AS c
                JOIN documents AS d ON d.id = c.document_id AND d.collection = 'nasty'
                CROSS JOIN (VALUES ('one'), ('=two')) AS m (model)
                ON CONFLICT DO NOTHING"""));
    }

    private static List<String> vectors(String tenant, String collection) {
        return TRANSFER.strings("""
                SELECT jsonb_build_array(d.name, e.ordinal, e.model, e.dimensions, to_json(e.vector))::text AS row
                FROM documents AS d JOIN embeddings AS e ON e.document_id = d.id
                WHERE d.tenant_id = ? AND d.collection = ? ORDER BY row""", tenant, collection);
    }

    @Test
    void importingTheSameFileAgainChangesNothing() throws Exception {
        ExportResult exported = TRANSFER.export(ACME, "{\"what\":\"documents\",\"collection\":\"nasty\"}");
        byte[] rows = TRANSFER.bytes(ACME, exported.file());
        ImportResult first = TRANSFER.load(OTHER, TRANSFER.file(OTHER, "rows", rows), "{\"collection\":\"again\"}");

        ImportResult second = TRANSFER.load(OTHER, TRANSFER.file(OTHER, "rows", rows), "{\"collection\":\"again\"}");
        ImportResult byName =
                TRANSFER.load(OTHER, TRANSFER.file(OTHER, "rows", rows), "{\"collection\":\"again\",\"key\":\"name\"}");

        assertThat(first.rowsImported()).isEqualTo(400);
        assertThat(second.rowsUpdated()).isEqualTo(400);
        assertThat(byName.rowsUpdated()).isEqualTo(400);
        assertThat(TRANSFER.contents(OTHER, "again")).isEqualTo(TRANSFER.contents(ACME, "nasty"));
    }

    @Test
    void noCellBeginsWithAFormula() throws Exception {
        ExportResult exported =
                TRANSFER.export(ACME, "{\"what\":\"chunks\",\"collection\":\"nasty\",\"format\":\"csv\"}");

        String text = TRANSFER.text(ACME, exported.file());

        assertThat(text).startsWith("documentId,document,collection,ordinal,start,end,text\r\n");
        try (var reader = de.siegmar.fastcsv.reader.CsvReader.builder().ofCsvRecord(text)) {
            reader.forEach(record -> assertThat(record.getFields())
                    .allSatisfy(cell -> assertThat(cell).doesNotContainPattern("\\A[=+\\-@\\t\\r]")));
        }
    }

    @Test
    void anExportHasNothingOfAnotherTenant() throws Exception {
        for (String what : List.of("documents", "chunks", "embeddings", "jobs")) {
            ExportResult exported = TRANSFER.export(new TenantId("nobody"), "{\"what\":\"" + what + "\"}");

            assertThat(exported.rows()).isZero();
            assertThat(exported.file().size()).isZero();
        }
    }
}
