package dev.carnelian.document;

import java.util.List;
import java.util.Optional;

/** Makes documents of texts: tells their language and splits them. Thread-safe; share one, it holds a language model. */
public final class Documents {
    private final Languages languages = new Languages();

    /**
     * Where a text comes from and where it belongs.
     *
     * @param bytes the size of the document as it came
     */
    public record Origin(Document.Key key, String collection, String name, long bytes) {}

    /**
     * How a text is split, in UTF-16 characters.
     *
     * @param size the longest chunk, at least 20
     * @param overlap what a chunk repeats of the one before it, at most half of the size
     */
    public record Chunks(int size, int overlap) {
        /** 1,000 characters, 100 of which repeat those before. */
        public static Chunks standard() {
            return new Chunks(DocumentsInput.DEFAULT_SIZE, DocumentsInput.DEFAULT_SIZE / DocumentsInput.DEFAULT_SHARE);
        }
    }

    /** A document of this text; empty if there is none but white space. */
    public Optional<Document> of(Origin origin, Extracted extracted, Chunks chunks) {
        String text = extracted.text();
        List<Chunk> pieces = new Chunker(chunks.size(), chunks.overlap()).split(text);
        if (pieces.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Document(
                origin.key(),
                origin.collection(),
                origin.name(),
                origin.bytes(),
                extracted,
                languages.of(text).orElse(null),
                pieces));
    }
}
