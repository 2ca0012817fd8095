package dev.carnelian.storage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FileNameTest {
    @Test
    void pathsAreDropped() {
        assertThat(FileName.displayable("../../etc/passwd")).isEqualTo("passwd");
        assertThat(FileName.displayable("C:\\temp\\report.pdf")).isEqualTo("report.pdf");
        assertThat(FileName.displayable("/")).isEqualTo("file");
        assertThat(FileName.displayable("a/..")).isEqualTo("file");
    }

    @Test
    void whatCannotBeShownIsDropped() {
        assertThat(FileName.displayable("a\u0000b\r\n\u202Ec\uD800.txt")).isEqualTo("abc.txt");
        assertThat(FileName.displayable(" \t ")).isEqualTo("file");
        assertThat(FileName.displayable("Größe 大 😀.docx")).isEqualTo("Größe 大 😀.docx");
    }

    @Test
    void longNamesAreCutBetweenCharacters() {
        assertThat(FileName.displayable("x".repeat(300))).hasSize(FileName.LONGEST);
        assertThat(FileName.displayable("😀".repeat(200))).isEqualTo("😀".repeat(127));
    }
}
