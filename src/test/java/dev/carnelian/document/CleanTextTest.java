package dev.carnelian.document;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CleanTextTest {
    @Test
    void whatPostgresqlCannotStoreIsReplaced() {
        assertThat(CleanText.storable("a\u0000b\uD800c\uDC00d😀")).isEqualTo("a\uFFFDb\uFFFDc\uFFFDd😀");
    }

    @Test
    void blankLinesAndTrailingSpacesGo() {
        assertThat(CleanText.tidy("\n\n a \t\r\n\r\n \n\n b\u00A0\rc  ")).isEqualTo("a\n\n b\nc");
    }

    @Test
    void aCutNeverHalvesACharacter() {
        assertThat(CleanText.cut("ab😀", 3)).isEqualTo("ab");
        assertThat(CleanText.cut("ab😀", 4)).isEqualTo("ab😀");
        assertThat(CleanText.cut("ab", 4)).isEqualTo("ab");
    }
}
