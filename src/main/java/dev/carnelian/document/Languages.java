package dev.carnelian.document;

import com.google.common.base.Supplier;
import com.google.common.base.Suppliers;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import opennlp.tools.langdetect.Language;
import opennlp.tools.langdetect.LanguageDetectorME;
import opennlp.tools.langdetect.LanguageDetectorModel;

/** Tells the language of a text, or that the text does not tell. Thread-safe; the model is loaded when first asked. */
final class Languages {
    private static final String MODEL = "/langdetect-183.bin";
    private static final int SAMPLE = 4_000;
    /** Below this the model guesses: "short" is Waray to it. */
    private static final int MIN_LETTERS = 40;
    /** The model's confidences are tiny and mean little, how far the first is ahead of the second means much. */
    private static final double MIN_LEAD = 1.2;

    private final Supplier<LanguageDetectorModel> model = Suppliers.memoize(Languages::load);

    /** The language as an ISO 639-3 code such as {@code eng}, empty when the text is too short or too mixed to tell. */
    Optional<String> of(String text) {
        String sample = CleanText.cut(text, SAMPLE);
        if (sample.codePoints().filter(Character::isLetter).count() < MIN_LETTERS) {
            return Optional.empty();
        }
        Language[] guesses = new LanguageDetectorME(model.get()).predictLanguages(sample);
        boolean ahead = guesses.length > 1 && guesses[0].getConfidence() >= MIN_LEAD * guesses[1].getConfidence();
        return ahead ? Optional.of(guesses[0].getLang()) : Optional.empty();
    }

    private static LanguageDetectorModel load() {
        try (InputStream in = Languages.class.getResourceAsStream(MODEL)) {
            if (in == null) {
                throw new IOException("the class path has no " + MODEL);
            }
            return new LanguageDetectorModel(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
