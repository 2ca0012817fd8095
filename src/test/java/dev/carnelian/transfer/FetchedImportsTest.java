package dev.carnelian.transfer;

import static dev.carnelian.transfer.TransferFixture.ACME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.carnelian.job.JobCancelledException;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.RecordingContext;
import dev.carnelian.net.LoopbackServer;
import dev.carnelian.storage.FileId;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Imports from an address that answers once and is gone afterwards, as those that were signed for a while are. */
class FetchedImportsTest {
    private static final TransferFixture TRANSFER = new TransferFixture();

    private final String collection = "c-" + UUID.randomUUID();
    private final RecordingContext first = RecordingContext.first(ACME);
    private final List<String> notedWhenAsked = new CopyOnWriteArrayList<>();
    private volatile String rows = "";
    private LoopbackServer server;

    @BeforeEach
    void open() throws Exception {
        server = new LoopbackServer((exchange, request) -> {
            notedWhenAsked.addAll(noted());
            boolean again = server.seen().size() > 1;
            LoopbackServer.answer(exchange, again ? 410 : 200, again ? "" : rows);
        });
    }

    @AfterEach
    void close() {
        server.close();
    }

    private List<String> noted() {
        return TRANSFER.strings(
                "SELECT source_file::text FROM imports WHERE job_id = ?",
                first.jobId().value());
    }

    /** So many rows, of which the first has its text in a field of that name. */
    private static String rows(int number, String field) {
        return IntStream.rangeClosed(1, number)
                .mapToObj(i -> "{\"name\":\"row %d\",\"%s\":\"number %d\"}".formatted(i, i == 1 ? field : "text", i))
                .collect(Collectors.joining("\n"));
    }

    private ImportResult load(RecordingContext context, String more) throws Exception {
        return TRANSFER.imports.handle(
                TransferFixture.importInput("{\"what\":\"documents\",\"collection\":\"%s\",\"url\":\"%s\"%s}"
                        .formatted(collection, server.url("/rows.jsonl"), more)),
                context);
    }

    /** Documents with the transaction that stored them. */
    private List<String> documents() {
        return TRANSFER.strings(
                "SELECT id || ' ' || xmin FROM documents WHERE collection = ? ORDER BY position", collection);
    }

    private void assertWhatWasFetchedIsGone() {
        assertThat(TRANSFER.files.find(ACME, new FileId(UUID.fromString(noted().get(0)))))
                .isEmpty();
    }

    @Test
    void aFileIsFetchedFromAnAddressThatMayBeReached() throws Exception {
        rows = rows(2, "text");

        ImportResult result = load(first, "");

        assertThat(result.rowsImported()).isEqualTo(2);
        assertThat(result.format()).isEqualTo(Format.JSONL);
        assertWhatWasFetchedIsGone();
        assertThatThrownBy(() -> load(RecordingContext.first(ACME), ""))
                .hasMessageStartingWith("fetch_failed: the address answered with status 410");
        assertThatThrownBy(() -> TRANSFER.imports.handle(
                        TransferFixture.importInput("{\"what\":\"documents\",\"url\":\"http://127.0.0.2/rows.csv\"}"),
                        RecordingContext.first(ACME)))
                .hasMessageStartingWith("blocked_target");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        text | ''                  | 2500
        text | ,"onError":"abort"  | 2500
        text | ,"dryRun":true      | 0
        bad  | ''                  | 2499
        bad  | ,"dryRun":true      | 0
        """)
    void anAttemptAfterALostOutcomeEndsAsTheLostOneDid(String field, String more, int stored) throws Exception {
        rows = rows(2_500, field);
        ImportResult lost = load(first, more);
        List<String> documents = documents();
        RecordingContext second = first.next();

        ImportResult again = load(second, more);

        assertThat(again).isEqualTo(lost);
        assertThat(lost.rows()).isEqualTo(2_500);
        assertThat(lost.errors()).isEqualTo(field.equals("bad") ? 1 : 0);
        assertThat(second.items).isEqualTo(first.items);
        assertThat(documents()).hasSize(stored).isEqualTo(documents);
        assertThat(server.seen()).hasSize(1);
        assertWhatWasFetchedIsGone();
    }

    @Test
    void anImportThatWasGivenUpIsGivenUpTheSameWay() throws Exception {
        rows = "{}\n".repeat(3_000);

        JobFailedException lost = failure(first, ",\"maxErrors\":1500");
        JobFailedException again = failure(first.next(), ",\"maxErrors\":1500");

        assertThat(lost.failure().code()).isEqualTo("too_many_errors");
        assertThat(again.failure()).isEqualTo(lost.failure());
        assertThat(server.seen()).hasSize(1);
        assertWhatWasFetchedIsGone();
    }

    private JobFailedException failure(RecordingContext context, String more) {
        return catchThrowableOfType(JobFailedException.class, () -> load(context, more));
    }

    @Test
    void anErrorFileThatNobodyKnowsOfIsWrittenAgain() throws Exception {
        rows = rows(20, "bad");
        FileLink lost = Objects.requireNonNull(load(first, "").errorFile());
        TRANSFER.jdbi.useHandle(handle -> handle.execute(
                "UPDATE imports SET error_file = NULL WHERE job_id = ?",
                first.jobId().value()));

        FileLink again = Objects.requireNonNull(load(first.next(), "").errorFile());

        assertThat(again.id()).isNotEqualTo(lost.id());
        assertThat(again.sha256()).isEqualTo(lost.sha256());
    }

    /** Of which the first is lost before it has stored a row, the other in the middle. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void anAttemptAfterALostOneDoesNotFetchAgain(int items) throws Exception {
        rows = rows(4_000, "bad");
        assertThatThrownBy(() -> load(first.cancelledAfter(items), "")).isInstanceOf(JobCancelledException.class);
        List<String> before = documents();

        ImportResult result = load(first.next(), "");

        assertThat(before).hasSize(items == 0 ? 0 : 999);
        assertThat(documents()).hasSize(3_999).containsAll(before);
        assertThat(result.rowsImported()).isEqualTo(3_999);
        assertThat(result.errors()).isOne();
        assertThat(server.seen()).hasSize(1);
        assertWhatWasFetchedIsGone();
    }

    @Test
    void whereTheFileWillBeIsNotedBeforeTheAddressAnswers() throws Exception {
        rows = rows(2_000, "text");

        assertThatThrownBy(() -> load(first.cancelledAfter(0), "")).isInstanceOf(JobCancelledException.class);

        assertThat(notedWhenAsked).hasSize(1).isEqualTo(noted());
        assertThat(TRANSFER.files.find(ACME, new FileId(UUID.fromString(notedWhenAsked.get(0)))))
                .isPresent();
    }

    @Test
    void anImportUnderWayIsNotContinuedWithAnotherFile() throws Exception {
        rows = rows(4_000, "bad");
        assertThatThrownBy(() -> load(first.cancelledAfter(1), "")).isInstanceOf(JobCancelledException.class);
        TRANSFER.files.delete(ACME, new FileId(UUID.fromString(noted().get(0))));

        assertThat(failure(first.next(), "").failure().code()).isEqualTo("file_not_found");
        assertThat(server.seen()).hasSize(1);
    }
}
