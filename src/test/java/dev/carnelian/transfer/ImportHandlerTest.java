package dev.carnelian.transfer;

import static dev.carnelian.transfer.TransferFixture.ACME;
import static dev.carnelian.transfer.TransferFixture.OTHER;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carnelian.database.WrittenRows;
import dev.carnelian.job.InputRefusedException;
import dev.carnelian.job.JobCancelledException;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.RecordingContext;
import dev.carnelian.job.SelectedItem;
import dev.carnelian.storage.StoredFile;
import dev.carnelian.testkit.CarnelianTestKit;
import dev.carnelian.testkit.TestAttempt;
import dev.carnelian.testkit.TestJob;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImportHandlerTest {
    private static final TransferFixture TRANSFER = new TransferFixture();

    @Test
    void aRowThatFailsIsAnErrorOfThatRowOnly() throws Exception {
        StoredFile file = TRANSFER.file(
                ACME,
                "rows.jsonl",
                "{\"name\":\"good\",\"text\":\"a text\"}",
                "{\"name\":\"nul\",\"text\":\"a\\u0000b\"}",
                "{\"name\":\"half\",\"text\":\"a\\ud800b\"}",
                "{\"name\":\"half\",\"chunks\":[\"\\udc00\"]}",
                "{\"name\":\"a\",\"name\":\"b\",\"text\":\"twice\"}",
                "not json",
                "[1]",
                "",
                "{\"text\":\"nameless\"}",
                "{\"name\":\"no text\"}",
                "{\"name\":\"blank\",\"text\":\" \\n\"}",
                "{\"name\":\"place\",\"chunks\":[{\"start\":0,\"end\":9,\"text\":\"short\"}]}",
                "{\"name\":\"flag\",\"truncated\":\"maybe\",\"text\":\"x\"}",
                "{\"name\":\"number\",\"text\":\"x\",\"metadata\":{\"n\":1e99999}}",
                "{\"name\":\"time\",\"text\":\"x\",\"createdAt\":\"yesterday\"}",
                "{\"name\":\"deep\",\"text\":\"x\",\"metadata\":" + "[".repeat(200) + "]".repeat(200) + "}",
                "{\"name\":\"also good\",\"text\":\"another text\"} ");
        RecordingContext context = RecordingContext.first(ACME);

        ImportResult result = TRANSFER.load(context, file, "{\"collection\":\"errors\"}");

        assertThat(IntStream.rangeClosed(1, 16).mapToObj(context::codeOf))
                .containsExactly(
                        "none",
                        "invalid_text",
                        "invalid_text",
                        "invalid_text",
                        "malformed_row",
                        "malformed_row",
                        "malformed_row",
                        "missing_field",
                        "missing_field",
                        "missing_field",
                        "invalid_field",
                        "invalid_field",
                        "invalid_field",
                        "invalid_field",
                        "malformed_row",
                        "none");
        assertThat(result.rows()).isEqualTo(16);
        assertThat(result.rowsImported()).isEqualTo(2);
        assertThat(result.errors()).isEqualTo(14);
        List<JsonNode> errors = TRANSFER.lines(ACME, Objects.requireNonNull(result.errorFile()));
        assertThat(errors).hasSize(14);
        assertThat(errors.get(0).path("row").asInt()).isEqualTo(2);
        assertThat(errors.get(0).path("raw").asText()).isEqualTo("{\"name\":\"nul\",\"text\":\"a\\u0000b\"}");
        assertThat(errors.get(0).path("message").asText()).isNotEmpty();
    }

    @Test
    void bytesThatAreNotUtf8SpoilTheirRowOnly() throws Exception {
        StoredFile file = TRANSFER.file(
                ACME,
                "rows.csv",
                "name,text\nfine,plain\nbroken,caf\u00e9\nnul,a\0b\nlast,plain\n".getBytes(ISO_8859_1));
        RecordingContext context = RecordingContext.first(ACME);

        ImportResult result = TRANSFER.load(context, file, "{\"collection\":\"latin\"}");

        assertThat(result.rowsImported()).isEqualTo(2);
        assertThat(context.codeOf(2)).isEqualTo("invalid_text");
        assertThat(context.codeOf(3)).isEqualTo("invalid_text");
        assertThat(TRANSFER.text(ACME, Objects.requireNonNull(result.errorFile())))
                .contains("caf\uFFFD");
    }

    @Test
    void csvMayHaveAByteOrderMarkAnotherDelimiterMissingCellsAndColumnsOfOtherNames() throws Exception {
        StoredFile file = TRANSFER.file(
                ACME,
                "export.txt",
                "\uFEFFTitle;Body;Rating;unknown;language",
                "One;\"a;b\"\"c\nd\";5;;\"\"",
                "Two;'=1+1;6",
                "Three;x;1;2;3;4",
                "Four;'quoted;;;");

        ImportResult result = TRANSFER.load(ACME, file, """
                {"collection":"mapped","delimiter":";",
                 "mapping":{"Title":"name","Body":"text","Rating":"metadata.rating"}}""");

        assertThat(result.format()).isEqualTo(Format.CSV);
        assertThat(result.rowsImported()).isEqualTo(3);
        assertThat(result.errors()).isEqualTo(1);
        assertThat(TRANSFER.lines(ACME, Objects.requireNonNull(result.errorFile()))
                        .get(0)
                        .path("code")
                        .asText())
                .isEqualTo("too_many_columns");
        assertThat(TRANSFER.contents(ACME, "mapped"))
                .satisfiesExactly(
                        row -> assertThat(row)
                                .startsWith("[\"Four\", \"text/plain\", null, {}, 7, 7,")
                                .contains("\"'quoted\""),
                        row -> assertThat(row)
                                .startsWith("[\"One\", \"text/plain\", \"\", {\"rating\": \"5\"}, 7, 7, false, 1")
                                .endsWith("[[0, 0, 7, \"a;b\\\"c\\nd\"]]]"),
                        row -> assertThat(row)
                                .startsWith("[\"Two\", \"text/plain\", null, {\"rating\": \"6\"}")
                                .contains("\"=1+1\""));
    }

    @Test
    void cellsOfOthersAreTakenAsTheyAreWhenTheyAreNotGuarded() throws Exception {
        StoredFile file = TRANSFER.file(ACME, "rows.csv", "name,text", "n,'=1");

        TRANSFER.load(ACME, file, "{\"collection\":\"unguarded\",\"guarded\":false}");

        assertThat(TRANSFER.contents(ACME, "unguarded").get(0)).contains("\"'=1\"");
    }

    @Test
    void aKeyMayOccurOnceAndMustMeanOneDocument() throws Exception {
        TRANSFER.load(
                ACME,
                TRANSFER.file(
                        ACME,
                        "rows.jsonl",
                        "{\"name\":\"a\",\"text\":\"old\"}",
                        "{\"name\":\"two\",\"text\":\"1\"}",
                        "{\"name\":\"two\",\"text\":\"2\"}"),
                "{\"collection\":\"keys\"}");
        RecordingContext context = RecordingContext.first(ACME);

        ImportResult result = TRANSFER.load(
                context,
                TRANSFER.file(
                        ACME,
                        "rows.jsonl",
                        "{\"name\":\"a\",\"text\":\"new\"}",
                        "{\"name\":\"a\",\"text\":\"newer\"}",
                        "{\"name\":\"two\",\"text\":\"x\"}",
                        "{\"name\":\"b\",\"text\":\"y\"}"),
                "{\"collection\":\"keys\",\"key\":\"name\"}");

        assertThat(result.rowsImported()).isOne();
        assertThat(result.rowsUpdated()).isOne();
        assertThat(context.codeOf(2)).isEqualTo("duplicate_key");
        assertThat(context.codeOf(3)).isEqualTo("ambiguous_key");
        assertThat(TRANSFER.contents(ACME, "keys"))
                .hasSize(4)
                .anySatisfy(row -> assertThat(row).contains("\"new\""));
    }

    @Test
    void anotherTenantsIdIsNobodysId() throws Exception {
        TRANSFER.load(OTHER, TRANSFER.file(OTHER, "rows.jsonl", "{\"name\":\"theirs\",\"text\":\"secret\"}"), "{}");
        String id = TRANSFER.strings("SELECT id::text FROM documents WHERE name = 'theirs'")
                .get(0);
        StoredFile file =
                TRANSFER.file(ACME, "rows.jsonl", "{\"id\":\"" + id + "\",\"name\":\"mine\",\"text\":\"changed\"}");

        ImportResult documents = TRANSFER.load(ACME, file, "{}");
        ImportResult chunks = TRANSFER.load(
                ACME,
                TRANSFER.file(ACME, "c.jsonl", "{\"documentId\":\"" + id + "\",\"ordinal\":1,\"text\":\"more\"}"),
                "{\"what\":\"chunks\"}");

        assertThat(documents.rowsImported()).isOne();
        assertThat(chunks.rowsImported()).isOne();
        assertThat(TRANSFER.contents(OTHER, "default"))
                .singleElement()
                .asString()
                .contains("theirs", "secret");
        assertThat(TRANSFER.strings("SELECT chunk_count::text FROM documents WHERE name = 'mine'"))
                .containsExactly("2");
        assertThatThrownBy(() -> TRANSFER.load(OTHER, file, "{}"))
                .isInstanceOf(JobFailedException.class)
                .hasMessageStartingWith("file_not_found");
    }

    @Test
    void allOrNothingImportsNothingWhenARowFails() throws Exception {
        StoredFile bad = TRANSFER.file(ACME, "rows.jsonl", lines(2_500, "bad"));

        assertThatThrownBy(() -> TRANSFER.load(ACME, bad, "{\"collection\":\"all\",\"onError\":\"abort\"}"))
                .isInstanceOf(JobFailedException.class)
                .hasMessageContaining("row_failed: nothing was imported, because of row 2001:");
        assertThat(TRANSFER.count("collection = 'all'")).isZero();

        ImportResult good = TRANSFER.load(
                ACME,
                TRANSFER.file(ACME, "rows.jsonl", lines(2_500, "text")),
                "{\"collection\":\"all\",\"onError\":\"abort\"}");
        assertThat(good.rowsImported()).isEqualTo(2_500);
        assertThat(TRANSFER.count("collection = 'all'")).isEqualTo(2_500);
    }

    /** Of which the 2,001st has its text in a field of that name. */
    private static String[] lines(int number, String field) {
        return IntStream.rangeClosed(1, number)
                .mapToObj(
                        i -> "{\"name\":\"row %d\",\"%s\":\"number %d\"}".formatted(i, i == 2_001 ? field : "text", i))
                .toArray(String[]::new);
    }

    @Test
    void aDryRunFindsTheSameErrorsAndKeepsNothing() throws Exception {
        StoredFile file = TRANSFER.file(ACME, "rows.jsonl", lines(2_500, "bad"));

        ImportResult result = TRANSFER.load(ACME, file, "{\"collection\":\"dry\",\"dryRun\":true}");

        assertThat(result.dryRun()).isTrue();
        assertThat(result.rowsImported()).isEqualTo(2_499);
        assertThat(result.errors()).isOne();
        assertThat(TRANSFER.lines(ACME, Objects.requireNonNull(result.errorFile())))
                .singleElement()
                .satisfies(error -> assertThat(error.path("row").asInt()).isEqualTo(2_001));
        assertThat(TRANSFER.count("collection = 'dry'")).isZero();
    }

    @Test
    void aRepeatedAttemptGoesOnAfterTheLastStoredRow() throws Exception {
        StoredFile file = TRANSFER.file(ACME, "rows.jsonl", lines(5_000, "bad"));
        RecordingContext first = RecordingContext.first(ACME).cancelledAfter(1);

        assertThatThrownBy(() -> TRANSFER.load(first, file, "{\"collection\":\"resumed\"}"))
                .isInstanceOf(JobCancelledException.class);
        List<String> before =
                TRANSFER.strings("SELECT id::text FROM documents WHERE collection = 'resumed' ORDER BY id");
        RecordingContext second = first.next();
        ImportResult result = TRANSFER.load(second, file, "{\"collection\":\"resumed\"}");
        ImportResult again = TRANSFER.load(second.next(), file, "{\"collection\":\"resumed\"}");

        assertThat(before).hasSizeBetween(2_000, 4_000);
        assertThat(TRANSFER.strings("SELECT id::text FROM documents WHERE collection = 'resumed' ORDER BY id"))
                .hasSize(4_999)
                .containsAll(before);
        assertThat(result.rowsImported()).isEqualTo(4_999);
        assertThat(result.errors()).isOne();
        assertThat(second.codeOf(2_001)).isEqualTo("missing_field");
        assertThat(again).isEqualTo(result);
    }

    @Test
    void anImportThatIsFinishedNeedsItsFileNoMore() throws Exception {
        StoredFile file = TRANSFER.file(ACME, "rows.jsonl", lines(20, "text"));
        RecordingContext first = RecordingContext.first(ACME);
        ImportResult result = TRANSFER.load(first, file, "{\"collection\":\"deleted\"}");

        assertThat(TRANSFER.files.delete(ACME, file.id())).isTrue();

        assertThat(TRANSFER.load(first.next(), file, "{\"collection\":\"deleted\"}"))
                .isEqualTo(result);
    }

    @Test
    void anAttemptThatWasReplacedStoresNothingMore() throws Exception {
        StoredFile file = TRANSFER.file(ACME, "rows.jsonl", lines(5_000, "text"));
        RecordingContext replaced = RecordingContext.first(ACME).onProgress(progress -> {
            if (progress == 2) {
                TRANSFER.jdbi.useHandle(handle -> handle.execute(
                        "UPDATE imports SET run = gen_random_uuid() WHERE rows_done = 2000 AND NOT finished"));
            }
        });

        assertThatThrownBy(() -> TRANSFER.load(replaced, file, "{\"collection\":\"replaced\"}"))
                .isInstanceOf(JobCancelledException.class)
                .hasMessageContaining("another attempt");

        assertThat(TRANSFER.count("collection = 'replaced'")).isEqualTo(2_000);
    }

    @Test
    void aRerunOfFailedRowsDoesThoseOnly() throws Exception {
        StoredFile file = TRANSFER.file(ACME, "rows.jsonl", lines(3_000, "text"));
        RecordingContext rerun = RecordingContext.first(ACME)
                .selecting(List.of(new SelectedItem(7, "row 7"), new SelectedItem(2_500, "row 2500")));

        ImportResult result = TRANSFER.load(rerun, file, "{\"collection\":\"rerun\"}");

        assertThat(result.rows()).isEqualTo(2);
        assertThat(rerun.items.keySet()).containsExactly(7, 2_500);
        assertThat(TRANSFER.strings("SELECT name FROM documents WHERE collection = 'rerun' ORDER BY position"))
                .containsExactly("row 7", "row 2500");
    }

    @Test
    void theContractOfHandlersIsKept() {
        CarnelianTestKit.of(TRANSFER.imports)
                .counting(new WrittenRows(TRANSFER.jdbi, "documents"), 0)
                .ignoring("errorFile")
                .verify(tenant -> "{\"fileId\": \"%s\", %s}"
                        .formatted(TRANSFER.places(tenant, 2_200).id(), Places.FIELDS));
    }

    @Test
    void whatALostRerunDidIsToldByTheNextAttempt() throws Exception {
        CarnelianTestKit kit = CarnelianTestKit.of(TRANSFER.imports);
        StoredFile file = TRANSFER.file(ACME, "rows.jsonl", lines(3_000, "text"));
        List<SelectedItem> items = List.of(
                new SelectedItem(7, "row 7"), new SelectedItem(1_500, "row 1500"), new SelectedItem(2_500, "row 2500"));
        TestJob job = kit.job(
                        ACME,
                        "{\"what\": \"documents\", \"collection\": \"lost-rerun\", \"fileId\": \"" + file.id() + "\"}")
                .selecting(items);

        job.loseAfter(4, 0);
        assertThat(job.items()).isEmpty();
        TestAttempt next = job.run();

        assertThat(next.result().path("rowsImported").asInt()).isEqualTo(3);
        assertThat(job.items().values())
                .extracting(item -> new SelectedItem(item.position(), item.name()))
                .isEqualTo(items);
    }

    @Test
    void itemsEndAtTheirCapAndTheImportAtItsOwn() throws Exception {
        String[] bad = IntStream.range(0, 3_000).mapToObj(i -> "{}").toArray(String[]::new);
        RecordingContext context = RecordingContext.first(ACME);

        ImportResult result = TRANSFER.load(context, TRANSFER.file(ACME, "rows.jsonl", bad), "{}");

        assertThat(context.items).hasSize(1_000);
        assertThat(result.errors()).isEqualTo(3_000);
        assertThat(TRANSFER.lines(ACME, Objects.requireNonNull(result.errorFile())))
                .hasSize(3_000);
        assertThatThrownBy(() -> TRANSFER.load(ACME, TRANSFER.file(ACME, "rows.jsonl", bad), "{\"maxErrors\":1500}"))
                .hasMessageMatching("too_many_errors: more than 1500 rows failed.*file [0-9a-f-]{36} has them");
    }

    @Test
    void archivesAndOtherEncodingsAreRefused() throws Exception {
        ByteArrayOutputStream zip = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(zip)) {
            out.putNextEntry(new ZipEntry("../../etc/passwd"));
            out.write("name,text\na,b\n".getBytes(UTF_8));
        }
        byte[] tar = new byte[1024];
        System.arraycopy("ustar".getBytes(UTF_8), 0, tar, 257, 5);

        assertThat(failure(zip.toByteArray(), "{}")).startsWith("archive_refused");
        assertThat(failure(tar, "{}")).startsWith("archive_refused");
        assertThat(failure(gzip(tar), "{}")).startsWith("archive_refused");
        assertThat(failure(gzip(gzip("a".getBytes(UTF_8))), "{}")).startsWith("archive_refused");
        assertThat(failure("\uFEFFname,text\n".getBytes(java.nio.charset.StandardCharsets.UTF_16LE), "{}"))
                .startsWith("unsupported_encoding");
        assertThat(failure("name,text\n".getBytes(UTF_8), "{\"compression\":\"gzip\"}"))
                .startsWith("wrong_compression");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void aDamagedFileFailsTheJob(String compression) throws Exception {
        byte[] packed = pack(Compression.valueOf(compression.toUpperCase(java.util.Locale.ROOT)), 20_000);
        byte[] half = java.util.Arrays.copyOf(packed, packed.length / 2);
        byte[] changed = packed.clone();
        java.util.Arrays.fill(changed, packed.length / 2, packed.length / 2 + 20, (byte) 0x55);

        assertThat(failure(half, "{\"maxErrors\":100000}")).startsWith("file_damaged");
        assertThat(failure(changed, "{\"maxErrors\":100000}")).startsWith("file_damaged");
    }

    private static byte[] pack(Compression compression, int rows) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        java.util.Random random = new java.util.Random(1);
        try (OutputStream out = compression.pack(bytes)) {
            for (int i = 0; i < rows; i++) {
                out.write("{\"nothing\":\"%d\"}\n".formatted(random.nextLong()).getBytes(UTF_8));
            }
        }
        return bytes.toByteArray();
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }

    @Test
    void aBombIsGivenUpAtItsCap() throws Exception {
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        try (OutputStream out = Compression.GZIP.pack(bomb)) {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 64; i++) {
                out.write(zeros);
            }
        }
        StoredFile file = TRANSFER.file(ACME, "rows.jsonl", bomb.toByteArray());

        assertThatThrownBy(() -> TRANSFER.imports(32 << 20, 10)
                        .handle(TransferFixture.input(file, "{}"), RecordingContext.first(ACME)))
                .hasMessageStartingWith("import_too_large");
        assertThatThrownBy(() -> TRANSFER.imports(32 << 20, 10)
                        .handle(TransferFixture.input(file, "{\"format\":\"csv\"}"), RecordingContext.first(ACME)))
                .isInstanceOf(JobFailedException.class);
        ImportResult whole = TRANSFER.load(ACME, file, "{}");
        assertThat(whole.errors()).isOne();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        name,text\\na,"never closed     | malformed_csv
        name,text\\n"a"b,c              | malformed_csv
        name,name\\na,b                 | invalid_header
        name,\\na,b                     | invalid_header
        """)
    void aCsvFileThatCannotBeReadFailsTheJob(String text, String code) throws Exception {
        assertThat(failure(text.replace("\\n", "\n").getBytes(UTF_8), "{\"format\":\"csv\"}"))
                .startsWith(code);
    }

    @Test
    void tooManyRowsFailTheJob() throws Exception {
        StoredFile file = TRANSFER.file(ACME, "rows.jsonl", lines(20, "text"));

        assertThatThrownBy(() -> TRANSFER.imports(1 << 20, 10)
                        .handle(TransferFixture.input(file, "{}"), RecordingContext.first(ACME)))
                .hasMessageStartingWith("too_many_rows");
    }

    @Test
    void anEmptyFileHasNoRows() throws Exception {
        assertThat(TRANSFER.load(ACME, TRANSFER.file(ACME, "empty.csv", new byte[0]), "{}")
                        .rows())
                .isZero();
        assertThat(TRANSFER.load(ACME, TRANSFER.file(ACME, "empty.jsonl", new byte[0]), "{}")
                        .rows())
                .isZero();
    }

    private static String failure(byte[] bytes, String input) throws IOException {
        StoredFile file = TRANSFER.file(ACME, "rows", bytes);
        JobFailedException failed =
                catchThrowableOfType(JobFailedException.class, () -> TRANSFER.load(ACME, file, input));
        return String.valueOf(failed.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {"what":"jobs","fileId":"F"}                                              | what
        {"what":"documents"}                                                      | fileId
        {"what":"documents","fileId":"F","mapping":{"a":"nothing"}}               | mapping.a
        {"what":"chunks","fileId":"F","mapping":{"a":"metadata.x"}}               | mapping.a
        {"what":"documents","fileId":"F","chunkSize":200,"chunkOverlap":101}      | chunkOverlap
        """)
    void whatCannotBeImportedIsRefusedBeforehand(String input, String field) throws Exception {
        ImportInput bound =
                TransferFixture.importInput(input.replace("\"F\"", "\"00000000-0000-7000-8000-000000000000\""));

        assertThatThrownBy(() -> TRANSFER.imports.check(bound))
                .isInstanceOfSatisfying(
                        InputRefusedException.class,
                        refused -> assertThat(refused.field()).isEqualTo(field));
    }

    @Test
    void whatTheExportCannotFilterIsRefusedBeforehand() throws Exception {
        for (String input : List.of(
                "{\"what\":\"jobs\",\"collection\":\"a\"}",
                "{\"what\":\"chunks\",\"status\":\"failed\"}",
                "{\"what\":\"chunks\",\"type\":\"export\"}")) {
            ExportInput bound = TransferFixture.exportInput(input);
            assertThatThrownBy(() -> TRANSFER.exports.check(bound)).isInstanceOf(InputRefusedException.class);
        }
    }
}
