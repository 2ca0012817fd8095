package dev.carnelian.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class LanguagesTest {
    private static final Map<String, String> SENTENCES = Map.of(
            "eng",
                    "The quick brown fox jumps over the lazy dog while everybody in the village watches it with interest.",
            "deu", "Der schnelle braune Fuchs springt über den faulen Hund, während das ganze Dorf ihm dabei zuschaut.",
            "fra",
                    "Le renard brun et rapide saute par-dessus le chien paresseux pendant que tout le village le regarde.",
            "spa", "El rápido zorro marrón salta sobre el perro perezoso mientras todo el pueblo lo mira con interés.",
            "nld",
                    "De snelle bruine vos springt over de luie hond terwijl het hele dorp er met belangstelling naar kijkt.",
            "rus", "Быстрая коричневая лиса прыгает через ленивую собаку, а вся деревня с интересом смотрит на неё.",
            "jpn", "素早い茶色の狐がのろまな犬を飛び越え、村のみんなが興味深くそれを見ていました。とても天気の良い日のことでした。",
            "ara", "الثعلب البني السريع يقفز فوق الكلب الكسول بينما تشاهده القرية كلها باهتمام كبير في ذلك اليوم");

    private final Languages languages = new Languages();

    @Test
    void aSentenceTellsItsLanguage() {
        SENTENCES.forEach(
                (language, text) -> assertThat(languages.of(text)).as(language).contains(language));
    }

    @Test
    void shortOrMeaninglessTextTellsNothing() {
        assertThat(languages.of("short")).isEmpty();
        assertThat(languages.of("Hello world")).isEmpty();
        assertThat(languages.of("1 2 3 4 5 6 7 8 9 ".repeat(50))).isEmpty();
    }
}
