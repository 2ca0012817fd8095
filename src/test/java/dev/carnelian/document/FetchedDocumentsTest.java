package dev.carnelian.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpExchange;
import dev.carnelian.database.TestDatabase;
import dev.carnelian.document.DocumentsInput.Source;
import dev.carnelian.job.InputRefusedException;
import dev.carnelian.job.ItemOutcome;
import dev.carnelian.job.RecordingContext;
import dev.carnelian.job.TenantId;
import dev.carnelian.net.EgressConfiguration;
import dev.carnelian.net.LoopbackServer;
import dev.carnelian.net.OutboundClient;
import dev.carnelian.storage.FileStore;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Documents that a job fetches from where its user says. */
class FetchedDocumentsTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final Extractor EXTRACTOR = new Extractor(1, Duration.ofSeconds(60), 1 << 20);

    private static LoopbackServer server;
    private static OutboundClient client;
    private static DocumentProcessingHandler handler;

    @BeforeAll
    static void open() throws IOException {
        server = new LoopbackServer(FetchedDocumentsTest::answer);
        client = new OutboundClient(new EgressConfiguration(List.of("127.0.0.1:" + server.port()), List.of(80)));
        Jdbi jdbi = Jdbi.create(TestDatabase.migrated().dataSource()).installPlugin(new SqlObjectPlugin());
        handler = new DocumentProcessingHandler(
                jdbi, new FileStore(jdbi, Duration.ofDays(1)), EXTRACTOR, client, new Documents());
    }

    @AfterAll
    static void close() {
        EXTRACTOR.close();
        client.close();
        server.close();
    }

    private static void answer(HttpExchange exchange, LoopbackServer.Seen request) throws IOException {
        switch (request.path()) {
            case "/docs/testPDF.pdf?v=1" -> send(exchange, TikaDocuments.bytes("testPDF.pdf"));
            case "/moved" -> LoopbackServer.redirect(exchange, 302, "/docs/testPDF.pdf?v=1");
            case "/large" -> send(exchange, new byte[(1 << 20) + 1]);
            case "/inside" -> LoopbackServer.redirect(exchange, 302, "http://169.254.169.254/latest/");
            case "/busy" -> LoopbackServer.answer(exchange, 503, "");
            case "/private" -> LoopbackServer.answer(exchange, 403, "");
            default -> LoopbackServer.answer(exchange, 404, "");
        }
    }

    @Test
    void documentsAreFetchedAndWhatCannotBeIsAnErrorOfItsItem() throws Exception {
        RecordingContext context = RecordingContext.first(ACME);

        DocumentsResult result = handler.handle(
                input("/docs/testPDF.pdf?v=1", "/moved", "/large", "/inside", "/busy", "/private", "/gone"), context);

        assertThat(result.documentsProcessed()).isEqualTo(2);
        assertThat(result.errors()).isEqualTo(5);
        assertThat(context.items).containsEntry(0, ItemOutcome.succeeded(0, "testPDF.pdf"));
        assertThat(context.items.keySet().stream().map(context::codeOf))
                .containsExactly(
                        "none",
                        "none",
                        "document_too_large",
                        "blocked_target",
                        "document_unavailable",
                        "document_refused",
                        "document_not_found");
    }

    @Test
    void aJobWithABlockedAddressIsRefused() {
        handler.check(input("/docs/testPDF.pdf"));
        DocumentsInput blocked = new DocumentsInput(
                List.of(source(server.url("/a").toString()), source("http://169.254.169.254/")), null, null, null);

        assertThatExceptionOfType(InputRefusedException.class)
                .isThrownBy(() -> handler.check(blocked))
                .matches(refused -> refused.code().equals("blocked_target"))
                .matches(refused -> refused.field().equals("documents[1].url"));
    }

    private static DocumentsInput input(String... paths) {
        return new DocumentsInput(
                Arrays.stream(paths)
                        .map(path -> source(server.url(path).toString()))
                        .toList(),
                null,
                null,
                null);
    }

    private static Source source(String url) {
        return new Source(null, null, null, url, null);
    }

    private static void send(HttpExchange exchange, byte[] bytes) throws IOException {
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
