package dev.carnelian.document;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.tika.exception.AccessPermissionException;
import org.apache.tika.exception.EncryptedDocumentException;
import org.apache.tika.exception.TikaException;
import org.apache.tika.exception.UnsupportedFormatException;
import org.apache.tika.exception.WriteLimitReachedException;
import org.apache.tika.exception.ZeroByteFileException;
import org.apache.tika.extractor.EmbeddedDocumentExtractor;
import org.apache.tika.io.TikaInputStream;
import org.apache.tika.metadata.Metadata;
import org.apache.tika.metadata.TikaCoreProperties;
import org.apache.tika.parser.AutoDetectParser;
import org.apache.tika.parser.EmptyParser;
import org.apache.tika.parser.ParseContext;
import org.apache.tika.parser.Parser;
import org.apache.tika.sax.BodyContentHandler;
import org.xml.sax.ContentHandler;
import org.xml.sax.SAXException;

/** Reads text and metadata with Apache Tika. Runs in the child JVM only: a document may take all its memory. */
final class TextExtraction {
    private final Parser parser = new AutoDetectParser();

    /**
     * @param name a hint for the type of the document
     * @throws DocumentException if the document cannot be read
     */
    Extracted extract(Path file, String name) throws DocumentException {
        Metadata metadata = new Metadata();
        metadata.set(TikaCoreProperties.RESOURCE_NAME_KEY, name);
        BodyContentHandler text = new BodyContentHandler(Extracted.MAX_TEXT);
        boolean truncated = parse(file, text, metadata);
        if (parsedBy(metadata).contains(EmptyParser.class.getName())) {
            throw new DocumentException(DocumentError.UNSUPPORTED_MEDIA_TYPE);
        }
        String tidy = CleanText.tidy(text.toString());
        if (tidy.isEmpty()) {
            throw new DocumentException(DocumentError.NO_TEXT_FOUND);
        }
        String mediaType = metadata.get(Metadata.CONTENT_TYPE);
        return new Extracted(
                CleanText.cut(mediaType == null ? "application/octet-stream" : mediaType, Extracted.MAX_KEY),
                bounded(metadata),
                CleanText.cut(tidy, Extracted.MAX_TEXT),
                truncated);
    }

    private boolean parse(Path file, ContentHandler text, Metadata metadata) throws DocumentException {
        try (TikaInputStream stream = TikaInputStream.get(file, metadata)) {
            parser.parse(stream, text, metadata, withoutEmbedded());
            return false;
        } catch (StackOverflowError | OutOfMemoryError e) {
            throw new DocumentException(DocumentError.DOCUMENT_TOO_COMPLEX, e);
        } catch (TikaException | SAXException | IOException | RuntimeException | LinkageError e) {
            if (WriteLimitReachedException.isWriteLimitReached(e)) {
                return true;
            }
            throw new DocumentException(reason(e), e);
        }
    }

    /** Documents inside the document are left alone: they are where nested archives grow without bound. */
    private ParseContext withoutEmbedded() {
        ParseContext context = new ParseContext();
        context.set(Parser.class, parser);
        context.set(EmbeddedDocumentExtractor.class, new EmbeddedDocumentExtractor() {
            @Override
            public boolean shouldParseEmbedded(Metadata embedded) {
                return false;
            }

            @Override
            public void parseEmbedded(InputStream stream, ContentHandler handler, Metadata embedded, boolean html) {}
        });
        return context;
    }

    private static DocumentError reason(Throwable failure) {
        if (failure instanceof EncryptedDocumentException || failure instanceof AccessPermissionException) {
            return DocumentError.DOCUMENT_ENCRYPTED;
        }
        if (failure instanceof UnsupportedFormatException) {
            return DocumentError.UNSUPPORTED_MEDIA_TYPE;
        }
        if (failure instanceof ZeroByteFileException) {
            return DocumentError.NO_TEXT_FOUND;
        }
        // Tika has no exception of its own for what its SecureContentHandler stops.
        String message = failure.getMessage();
        return message != null && message.startsWith("Zip bomb")
                ? DocumentError.DOCUMENT_TOO_COMPLEX
                : DocumentError.DOCUMENT_UNREADABLE;
    }

    private static List<String> parsedBy(Metadata metadata) {
        return List.of(metadata.getValues(TikaCoreProperties.TIKA_PARSED_BY));
    }

    /** The well-known Dublin Core properties come first, so that a document full of its own cannot push them out. */
    private static Map<String, String> bounded(Metadata metadata) {
        Map<String, String> bounded = new LinkedHashMap<>();
        Arrays.stream(metadata.names())
                .filter(name -> name.length() <= Extracted.MAX_KEY && !name.startsWith("X-TIKA:"))
                .sorted(Comparator.comparing((String name) -> !name.startsWith("dc"))
                        .thenComparing(Comparator.naturalOrder()))
                .limit(Extracted.MAX_METADATA)
                .forEach(name -> bounded.put(
                        CleanText.storable(name),
                        CleanText.cut(
                                CleanText.storable(String.join(", ", metadata.getValues(name))), Extracted.MAX_VALUE)));
        return bounded;
    }
}
