package dev.carnelian.crawl;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HtmlPageTest {
    private static final String URL = "http://a.example/dir/page.html";

    @Test
    void textIsWhatAReaderSees() {
        HtmlPage page = page("<title> A  page </title><style>p {}</style><body><nav>Home</nav><h1>Head</h1>"
                + "<p>First  \n words<br>next <b>line</b><p>Second&nbsp;paragraph<script>x()</script>"
                + "<ul><li>one<li>two</ul><table><tr><td>a<td>b<tr><td>c<td>d</table>"
                + "<pre>  kept\n    as is</pre><footer>(c)</footer>");

        assertThat(page.title()).isEqualTo("A page");
        assertThat(page.text().replaceAll("\n{2,}", "\n\n"))
                .isEqualTo("Head\n\nFirst words\nnext line\n\nSecond paragraph\n\none\ntwo\n\na b\nc d\n\n"
                        + "  kept\n    as is");
    }

    @Test
    void theMainPartIsTakenIfThePageSaysWhichItIs() {
        HtmlPage page = page("<body><h1>Site</h1>Around<main><p>Inside</main>");

        assertThat(page.text()).isEqualTo("Inside");
        assertThat(page.title()).isEqualTo("Site");
    }

    @Test
    void linksAreResolvedAndDistinct() {
        HtmlPage page = page("<base href='/other/'><meta http-equiv=refresh content='5; URL=fresh.html'>"
                + "<link rel='Canonical' href='//a.example/other/self'>"
                + "<body><a href=b>b</a><a href=b#x>b</a><a href='http://c.example'>c</a><a rel='x nofollow' href=n>n</a>"
                + "<a href=''>none</a><a href='http://[bad/'>bad</a><iframe src=frame></iframe>");

        assertThat(page.links())
                .containsExactly(
                        "http://a.example/other/fresh.html",
                        "http://a.example/other/frame",
                        "http://a.example/other/b",
                        "http://c.example/",
                        "http://a.example/other/");
        assertThat(page.canonical()).contains("http://a.example/other/self");
        assertThat(page.indexable()).isTrue();
    }

    @Test
    void aPageHasOnlySoManyLinks() {
        String links = IntStream.range(0, 5_000)
                .mapToObj(i -> "<a href=/" + i + ">x</a>")
                .collect(Collectors.joining());

        assertThat(page(links).links()).hasSize(HtmlPage.MOST_LINKS);
    }

    @Test
    void whatAPageForbidsIsRead() {
        HtmlPage page = page("<meta name=robots content='NOINDEX, nofollow'><body><a href=b>b</a>");

        assertThat(page.indexable()).isFalse();
        assertThat(page.links()).isEmpty();
    }

    private static HtmlPage page(String html) {
        return HtmlPage.of(html.getBytes(UTF_8), "utf-8", URL, new Addresses());
    }
}
