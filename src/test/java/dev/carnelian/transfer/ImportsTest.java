package dev.carnelian.transfer;

import static dev.carnelian.transfer.TransferFixture.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carnelian.storage.StoredFile;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ImportsTest {
    private static final TransferFixture TRANSFER = new TransferFixture();

    private final Imports imports = new Imports(TRANSFER.jdbi, TRANSFER.files);

    @Test
    void whereAnImportStoodIsForgottenADayAfterItsEndAndNotWhileItMayGoOn() throws Exception {
        TRANSFER.load(ACME, TRANSFER.file(ACME, "rows.jsonl", "{\"name\":\"a\",\"text\":\"b\"}", "{}"), "{}");
        TRANSFER.jdbi.useHandle(handle ->
                handle.execute("INSERT INTO import_errors SELECT job_id, 7, 'code', 'message', 'raw' FROM imports"));
        assertThat(imports.deleteOld(100)).isZero();

        TRANSFER.jdbi.useHandle(handle -> handle.execute("UPDATE imports SET changed_at = now() - interval '2 days'"));
        UUID job = UUID.fromString(
                TRANSFER.strings("SELECT job_id::text FROM imports").get(0));
        TRANSFER.jdbi.useHandle(handle -> handle.execute("""
                INSERT INTO jobs (id, tenant_id, type, queue, priority, labels, input, max_attempts, backoff_kind,
                    backoff_initial_ms, backoff_max_ms, backoff_jitter, timeout_ms, retention_s, root_job_id)
                VALUES (?, 'acme', 'import', 'default', 0, '{}', '{}', 5, 'fixed', 1, 1, 0, 1, 1, ?)""", job, job));
        assertThat(imports.deleteOld(100)).isZero();

        TRANSFER.jdbi.useHandle(handle -> handle.execute("DELETE FROM jobs"));
        assertThat(imports.deleteOld(100)).isOne();
        assertThat(TRANSFER.strings("SELECT code FROM import_errors")).isEmpty();
    }

    @Test
    void whatAnImportFetchedAndDidNotDeleteGoesWithIt() throws Exception {
        StoredFile fetched = TRANSFER.file(ACME, "damaged.jsonl.gz", "damaged");
        UUID job = UUID.randomUUID();
        TRANSFER.jdbi.useHandle(handle -> handle.execute(
                "INSERT INTO imports (job_id, tenant_id, run, source_file, changed_at)"
                        + " VALUES (?, 'acme', ?, ?, now() - interval '2 days')",
                job,
                job,
                fetched.id().value()));

        assertThat(imports.deleteOld(100)).isOne();

        assertThat(TRANSFER.files.find(ACME, fetched.id())).isEmpty();
    }
}
