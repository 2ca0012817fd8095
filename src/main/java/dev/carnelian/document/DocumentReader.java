package dev.carnelian.document;

import dev.carnelian.document.DocumentsInput.Source;
import dev.carnelian.job.TenantId;
import dev.carnelian.storage.FileId;
import dev.carnelian.storage.FileName;
import dev.carnelian.storage.FileStore;
import dev.carnelian.storage.StoredFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Gets at the text of a document, wherever it comes from. */
final class DocumentReader {
    private final FileStore files;
    private final Extractor extractor;
    private final DocumentFetcher fetcher;

    DocumentReader(FileStore files, Extractor extractor, DocumentFetcher fetcher) {
        this.files = files;
        this.extractor = extractor;
        this.fetcher = fetcher;
    }

    /**
     * A document's text.
     *
     * @param bytes the size of the document as it came
     */
    record Content(Extracted extracted, long bytes) {}

    /** What to call a document that may have no name. */
    String name(Source source, int position, TenantId tenant) {
        if (source.filename() != null) {
            return FileName.displayable(source.filename());
        }
        if (source.fileId() != null) {
            return find(source.fileId(), tenant).map(StoredFile::name).orElse(source.fileId());
        }
        return source.url() == null ? "document " + (position + 1) : nameAt(source.url(), position);
    }

    /** The last part of the address's path, as a browser would name the file. */
    private static String nameAt(String url, int position) {
        String path = url.replaceFirst("[?#].*", "").replaceFirst("^[a-zA-Z]+:/*[^/]*/*", "");
        String last = path.substring(path.lastIndexOf('/') + 1);
        return last.isBlank() ? "document " + (position + 1) : FileName.displayable(last);
    }

    Content read(Source source, String name, TenantId tenant)
            throws DocumentException, InterruptedException, IOException {
        if (source.text() != null) {
            String text = CleanText.storable(source.text());
            Extracted extracted = new Extracted("text/plain", Map.of(), text, false);
            return new Content(extracted, text.getBytes(StandardCharsets.UTF_8).length);
        }
        if (source.base64() != null) {
            byte[] bytes = Base64Content.Validator.decode(source.base64());
            return read(name, bytes.length, new ByteArrayInputStream(bytes));
        }
        if (source.fileId() != null) {
            StoredFile file = find(source.fileId(), tenant)
                    .orElseThrow(() -> new DocumentException(DocumentError.FILE_NOT_FOUND));
            try (InputStream bytes = files.open(file)) {
                return read(name, file.size(), bytes);
            }
        }
        if (source.url() != null) {
            return fetch(source.url(), name);
        }
        throw new IllegalArgumentException("a validated document has a source");
    }

    private Content fetch(String url, String name) throws DocumentException, InterruptedException, IOException {
        Path file = Files.createTempFile("carnelian-document-", "");
        try {
            fetcher.fetch(url, file);
            try (InputStream bytes = Files.newInputStream(file)) {
                return read(name, Files.size(file), bytes);
            }
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private Content read(String name, long size, InputStream bytes) throws DocumentException, InterruptedException {
        return new Content(extractor.extract(name, size, bytes), size);
    }

    private Optional<StoredFile> find(String fileId, TenantId tenant) {
        return FileId.parse(fileId).flatMap(id -> files.find(tenant, id));
    }
}
