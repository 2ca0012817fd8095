package dev.carnelian.crawl;

import java.util.Set;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jsoup.select.NodeVisitor;

/** What a reader sees of an element: paragraphs apart, white space as a browser has it. One for each element. */
final class PageText implements NodeVisitor {
    private static final Set<String> PARAGRAPHS = Set.of(
            "p",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "ul",
            "ol",
            "dl",
            "table",
            "pre",
            "blockquote",
            "section",
            "article");

    private static final Set<String> CELLS = Set.of("td", "th");

    private final StringBuilder text = new StringBuilder();
    private int preformatted;

    private PageText() {}

    static String of(Element element) {
        PageText page = new PageText();
        element.traverse(page);
        return page.text.toString().strip();
    }

    @Override
    public void head(Node node, int depth) {
        if (node instanceof TextNode words) {
            append(words.getWholeText());
        } else if (node instanceof Element element) {
            if (endsLines(element)) {
                lineEnd();
            }
            switch (element.normalName()) {
                case "br" -> text.append('\n');
                case "td", "th" -> space();
                case "pre", "textarea" -> preformatted++;
                default -> {}
            }
        }
    }

    @Override
    public void tail(Node node, int depth) {
        if (node instanceof Element element) {
            if (element.normalName().equals("pre") || element.normalName().equals("textarea")) {
                preformatted--;
            }
            if (endsLines(element)) {
                blockEnd(element);
            }
        }
    }

    /** The cells of a row stand in one line. */
    private static boolean endsLines(Element element) {
        return element.isBlock() && !CELLS.contains(element.normalName());
    }

    private void append(String words) {
        if (preformatted > 0) {
            text.append(words);
            return;
        }
        words.codePoints().forEach(letter -> {
            if (Character.isWhitespace(letter) || letter == '\u00A0') {
                space();
            } else {
                text.appendCodePoint(letter);
            }
        });
    }

    private void space() {
        if (text.length() > 0 && !Character.isWhitespace(text.charAt(text.length() - 1))) {
            text.append(' ');
        }
    }

    private void lineEnd() {
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == ' ') {
            end--;
        }
        text.setLength(end);
        if (end > 0 && text.charAt(end - 1) != '\n') {
            text.append('\n');
        }
    }

    /** Where chunks may end: entries of a list and rows of a table stay together. */
    private void blockEnd(Element block) {
        lineEnd();
        if (PARAGRAPHS.contains(block.normalName()) && text.length() > 1 && text.charAt(text.length() - 2) != '\n') {
            text.append('\n');
        }
    }
}
