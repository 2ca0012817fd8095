package dev.carnelian.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Bars in groups, as an SVG that needs nothing but a browser.
 *
 * @param groups what stands below each group
 * @param series for each name of the legend one value for each group, empty where nothing was measured
 */
record BarChart(String title, String unit, List<String> groups, Map<String, List<OptionalDouble>> series) {
    private static final int WIDTH = 760;
    private static final int TOP = 64;
    private static final int BOTTOM = 300;
    private static final List<String> COLOURS = List.of("#b3261e", "#e07a5f", "#6b7280", "#3b6ea5", "#c9a227");

    String svg() {
        List<String> parts = new ArrayList<>();
        parts.add("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + WIDTH + " 340\""
                + " font-family=\"sans-serif\" font-size=\"12\">");
        parts.add("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>");
        parts.add(text(20, 24, "start", "16", title + " (" + unit + ")"));
        parts.addAll(legend());
        for (int group = 0; group < groups.size(); group++) {
            parts.addAll(bars(group));
        }
        parts.add("<line x1=\"20\" x2=\"" + (WIDTH - 20) + "\" y1=\"" + BOTTOM + "\" y2=\"" + BOTTOM
                + "\" stroke=\"#999\"/>");
        parts.add("</svg>");
        return String.join("\n", parts) + "\n";
    }

    private List<String> legend() {
        List<String> parts = new ArrayList<>();
        int left = 20;
        int index = 0;
        for (String name : series.keySet()) {
            parts.add(rectangle(left, 36, 10, 10, COLOURS.get(index++ % COLOURS.size())));
            parts.add(text(left + 15, 45, "start", "12", name));
            left += 30 + 7 * name.length();
        }
        return parts;
    }

    private List<String> bars(int group) {
        double groupWidth = (WIDTH - 40.0) / groups.size();
        double barWidth = groupWidth * 0.8 / series.size();
        double left = 20 + groupWidth * (group + 0.1);
        List<String> parts = new ArrayList<>();
        int index = 0;
        for (List<OptionalDouble> values : series.values()) {
            String colour = COLOURS.get(index % COLOURS.size());
            double x = left + barWidth * index++;
            values.get(group).ifPresent(value -> {
                double height = (BOTTOM - TOP - 20) * value / greatest();
                parts.add(rectangle(x, BOTTOM - height, barWidth * 0.92, height, colour));
                parts.add(text(x + barWidth * 0.46, BOTTOM - height - 4, "middle", "11", Table.number(value)));
            });
        }
        parts.add(text(left + groupWidth * 0.4, BOTTOM + 20, "middle", "12", groups.get(group)));
        return parts;
    }

    private double greatest() {
        return series.values().stream()
                .flatMap(List::stream)
                .flatMapToDouble(OptionalDouble::stream)
                .max()
                .orElse(1);
    }

    private static String rectangle(double x, double y, double width, double height, String colour) {
        return String.format(
                Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>",
                x,
                y,
                width,
                height,
                colour);
    }

    private static String text(double x, double y, String anchor, String size, String text) {
        return String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%s\" fill=\"#222\">%s</text>",
                x,
                y,
                anchor,
                size,
                text.replace("&", "&amp;").replace("<", "&lt;"));
    }
}
