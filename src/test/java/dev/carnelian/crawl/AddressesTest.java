package dev.carnelian.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AddressesTest {
    private final Addresses addresses = new Addresses();

    @Test
    void aPageHasOneSpelling() {
        assertThat(List.of(
                                "HTTP://Example.COM:80/a/../b/./c?b=2&a=1#frag",
                                " http://example.com/b/c?a=1&b=2 ",
                                "http://example.com/b/c;jsessionid=0A1B?a=1&b=2&utm_source=mail",
                                "http://example.com/b/c?PHPSESSID=123&a=1&b=2")
                        .stream()
                        .map(addresses::normal))
                .allSatisfy(normal -> assertThat(normal).contains("http://example.com/b/c?a=1&b=2"));
    }

    @Test
    void whatPagesContainIsMadeFitToBeAskedFor() {
        assertThat(addresses.normal("http://b\u00fccher.example/\u00e4 b?q={x|y}"))
                .contains("http://xn--bcher-kva.example/%C3%A4%20b?q=%7Bx%7Cy%7D");
        assertThat(addresses.resolve("http://example.com/a/b.html", "../c?d")).contains("http://example.com/c?d");
        assertThat(addresses.resolve("http://example.com/a/", "//other.example"))
                .contains("http://other.example/");
        assertThat(addresses.resolve("http://example.com/list?page=1", "?page=2"))
                .contains("http://example.com/list?page=2");
    }

    @Test
    void whatIsNoAddressOfAPageIsNone() {
        assertThat(List.of(
                                "mailto:a@b.example",
                                "javascript:alert(1)",
                                "data:text/html,x",
                                "ftp://example.com/",
                                "file:///etc/passwd",
                                "http://",
                                "http:///x",
                                "http://[::1/",
                                "http://example.com/" + "x".repeat(2_000))
                        .stream()
                        .flatMap(url -> addresses.normal(url).stream()))
                .isEmpty();
        assertThat(addresses.resolve("http://example.com/", "javascript:void(0)"))
                .isEmpty();
        assertThat(addresses.resolve("http://example.com/", "http://exa mple.com:port/"))
                .isEmpty();
    }

    @Test
    void patternsMatchWholeAddresses() {
        assertThat(new Glob("http://a.example/*").matches("http://a.example/x/y"))
                .isTrue();
        assertThat(new Glob("*/docs/*.html").matches("http://a.example/docs/x/y.html"))
                .isTrue();
        assertThat(new Glob("*/docs/*.html").matches("http://a.example/docs/x/y.html?z"))
                .isFalse();
        assertThat(new Glob("http://a.example/").matches("http://a.example/x")).isFalse();
        assertThat(new Glob("*a*a*").matches("a")).isFalse();
        assertThat(new Glob("*").matches("")).isTrue();
        assertThat(new Glob("*a".repeat(90) + "b").matches("a".repeat(2_000))).isFalse();
    }

    @Test
    void addressesWithoutEndLookLikeTraps() {
        Scope scope = new Scope(CrawlFixture.input("x", "http://a.example/"));
        assertThat(scope.admits("http://a.example/a/b/a/b/a/b/")).isTrue();
        assertThat(scope.admits("http://a.example/a/b/a/b/a/b/a/b")).isFalse();
        assertThat(scope.admits("http://a.example/picture.PNG")).isFalse();
        assertThat(scope.admits("http://a.example/?a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8"))
                .isTrue();
        assertThat(scope.admits("http://a.example/?a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9"))
                .isFalse();
        assertThat(scope.admits("http://b.example/", "a.example")).isFalse();
    }

    @Test
    void onlySoManyDaysOfACalendarAreTakenUp() {
        Shapes shapes = new Shapes();
        IntStream.range(0, 1_000).forEach(day -> shapes.add("http://a.example/calendar/2026/" + day));

        assertThat(shapes.haveRoomFor("http://a.example/calendar/2027/1")).isFalse();
        assertThat(shapes.haveRoomFor("http://b.example/calendar/2027/1")).isTrue();
        assertThat(shapes.haveRoomFor("http://a.example/article/5")).isTrue();
        assertThat(shapes.haveRoomFor("http://a.example/calendar?year=1&day=2")).isTrue();
    }
}
