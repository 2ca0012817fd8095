package dev.carnelian.transfer;

import static dev.carnelian.transfer.TransferFixture.ACME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carnelian.job.JobCancelledException;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.RecordingContext;
import dev.carnelian.job.TenantId;
import dev.carnelian.testkit.CarnelianTestKit;
import dev.carnelian.testkit.TestAttempt;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ExportHandlerTest {
    private static final TransferFixture TRANSFER = new TransferFixture();
    private static final String DOCUMENTS = "{\"what\":\"documents\"}";

    @BeforeAll
    static void fill() {
        TRANSFER.jdbi.useHandle(handle -> {
            handle.execute("""
                    INSERT INTO documents (id, tenant_id, collection, job_id, position, name, media_type, metadata, bytes,
                        characters, truncated, chunk_count, created_at)
                    SELECT gen_random_uuid(), 'acme', CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END, gen_random_uuid(), i,
                        'document ' || i, 'text/plain', '{}', 1, 1000, false, 1, timestamptz '2026-01-01' + i * interval '1 h'
                    FROM generate_series(1, 5000) AS i""");
            handle.execute("""
                    INSERT INTO document_chunks (document_id, ordinal, text_start, text_end, text)
                    SELECT id, 0, 0, 1000, repeat(md5(name), 30) || 'end' FROM documents""");
            handle.execute("""
                    INSERT INTO jobs (id, tenant_id, type, queue, priority, labels, input, max_attempts, backoff_kind,
                        backoff_initial_ms, backoff_max_ms, backoff_jitter, timeout_ms, retention_s, root_job_id, status,
                        final_status, completed_at, result)
                    SELECT i, 'acme', t.type, 'default', -5, '{"a": "b"}', '{"secret": true}', 5, 'fixed', 1, 1, 0, 1, 1, i,
                        t.status, t.status, now(), t.result::json
                    FROM (VALUES (gen_random_uuid(), 'one', 'completed', E'{"text":\\n  "a\\\\nb",\\r\\n"x": 1}'),
                                 (gen_random_uuid(), 'two', 'failed', '{}')) AS t (i, type, status, result)""");
        });
    }

    @Test
    void filtersChooseWhatIsExported() throws Exception {
        assertThat(TRANSFER.export(ACME, DOCUMENTS).rows()).isEqualTo(5_000);
        assertThat(TRANSFER.export(ACME, "{\"what\":\"documents\",\"collection\":\"even\"}")
                        .rows())
                .isEqualTo(2_500);
        assertThat(TRANSFER.export(
                                ACME,
                                "{\"what\":\"chunks\",\"createdAfter\":\"2026-01-01T05:00:00Z\",\"createdBefore\":\"2026-01-01T08:00:00Z\"}")
                        .rows())
                .isEqualTo(3);
        assertThat(TRANSFER.export(ACME, "{\"what\":\"jobs\",\"status\":\"failed\"}")
                        .rows())
                .isOne();
        assertThat(TRANSFER.export(ACME, "{\"what\":\"jobs\",\"type\":\"one\"}").rows())
                .isOne();
    }

    @Test
    void jobsAreExportedWithoutTheirInputOneToALine() throws Exception {
        ExportResult lines = TRANSFER.export(ACME, "{\"what\":\"jobs\",\"type\":\"one\"}");
        ExportResult cells = TRANSFER.export(ACME, "{\"what\":\"jobs\",\"type\":\"one\",\"format\":\"csv\"}");

        JsonNode job = TRANSFER.lines(ACME, lines.file()).get(0);
        assertThat(job.at("/result/text").asText()).isEqualTo("a\nb");
        assertThat(job.at("/labels/a").asText()).isEqualTo("b");
        assertThat(job.path("createdAt").asText()).matches("20\\d\\d-.*T.*Z");
        assertThat(job.has("input")).isFalse();
        assertThat(TRANSFER.text(ACME, cells.file()).lines())
                .hasSize(2)
                .noneSatisfy(line -> assertThat(line).contains("secret"))
                .anySatisfy(line -> assertThat(line).contains(",'-5,"));
    }

    @Test
    void theFileSaysWhatItIs() throws Exception {
        ExportResult csv = TRANSFER.export(ACME, "{\"what\":\"jobs\",\"format\":\"csv\"}");
        ExportResult zstd = TRANSFER.export(ACME, "{\"what\":\"jobs\",\"compression\":\"zstd\"}");

        assertThat(csv.file().name()).matches("jobs-[0-9a-f-]{36}\\.csv");
        assertThat(csv.file().mediaType()).isEqualTo("text/csv; charset=utf-8");
        assertThat(csv.bytes()).isEqualTo(csv.file().size());
        assertThat(zstd.file().name()).endsWith(".jsonl.zst");
        assertThat(zstd.file().mediaType()).isEqualTo("application/zstd");
    }

    @Test
    void whatIsAddedMeanwhileIsNotInIt() throws Exception {
        RecordingContext context = RecordingContext.first(ACME).onProgress(times -> {
            if (times == 1) {
                TRANSFER.jdbi.useHandle(handle -> handle.execute("UPDATE documents SET name = 'changed ' || name"));
            }
        });

        ExportResult result = TRANSFER.exports.handle(TransferFixture.exportInput(DOCUMENTS), context);

        assertThat(context.progress).hasSizeGreaterThan(1);
        assertThat(TRANSFER.text(ACME, result.file())).doesNotContain("changed");
        assertThat(context.progress).startsWith(context.progress.get(0)).endsWith("5000/5000");
        TRANSFER.jdbi.useHandle(handle -> handle.execute("UPDATE documents SET name = replace(name, 'changed ', '')"));
    }

    @Test
    void anExportThatIsBrokenOffLeavesNoFile() {
        RecordingContext context = RecordingContext.first(ACME).onProgress(times -> {
            if (times == 3) {
                throw new JobCancelledException("the test says so");
            }
        });

        assertThatThrownBy(() -> TRANSFER.exports.handle(TransferFixture.exportInput(DOCUMENTS), context))
                .isInstanceOf(JobCancelledException.class);

        assertThat(TRANSFER.strings("SELECT name FROM files WHERE name = ?", "documents-" + context.jobId() + ".jsonl"))
                .isEmpty();
    }

    @Test
    void aRepeatedAttemptFindsTheFileThatIsThere() throws Exception {
        RecordingContext context = RecordingContext.first(ACME);
        ExportResult first = TRANSFER.exports.handle(TransferFixture.exportInput(DOCUMENTS), context);

        ExportResult second = TRANSFER.exports.handle(TransferFixture.exportInput(DOCUMENTS), context.next());

        assertThat(second).isEqualTo(first);
    }

    @Test
    void theContractOfHandlersIsKept() {
        // The ids of what is exported, and so its bytes, are others in each run.
        CarnelianTestKit.of(TRANSFER.exports)
                .counting(ExportHandlerTest::filesWritten, 0)
                .ignoring("file")
                .verify(tenant -> {
                    importPlaces(tenant);
                    return "{\"what\": \"chunks\"}";
                });
    }

    private static void importPlaces(TenantId tenant) {
        TestAttempt imported = CarnelianTestKit.of(TRANSFER.imports)
                .job(
                        tenant,
                        "{\"fileId\": \"%s\", %s}"
                                .formatted(TRANSFER.places(tenant, 900).id(), Places.FIELDS))
                .run();
        assertThat(imported.result().path("rowsImported").asInt()).isGreaterThan(500);
    }

    private static long filesWritten() {
        return Long.parseLong(
                TRANSFER.strings("SELECT count(*) FROM files WHERE name LIKE 'chunks-%' AND size IS NOT NULL")
                        .get(0));
    }

    @Test
    void aFileHasItsCap() {
        ExportHandler small = new ExportHandler(TRANSFER.files, TRANSFER.database.dataSource()::getConnection, 100_000);

        assertThatThrownBy(() -> small.handle(TransferFixture.exportInput(DOCUMENTS), RecordingContext.first(ACME)))
                .isInstanceOf(JobFailedException.class)
                .hasMessageStartingWith("export_too_large");
    }
}
