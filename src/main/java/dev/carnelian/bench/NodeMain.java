package dev.carnelian.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The child JVM of {@link NodeProcess}: one node, which does what the lines on its standard input say. */
final class NodeMain {
    static final String OK = "ok";

    private NodeMain() {}

    /** Arguments: the contender's name, the database's address, the file for the jobs that were run. */
    public static void main(String[] arguments) throws IOException {
        PrintStream answers = System.out;
        // stdout carries answers only, whatever a library prints.
        System.setOut(System.err);
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (RunLog log = RunLog.to(Path.of(arguments[2]))) {
            try (Node node = Contender.named(arguments[0]).open(arguments[1], log)) {
                answers.println(OK);
                obey(orders, answers, node, log);
            }
        } catch (RuntimeException | IOException e) {
            e.printStackTrace(System.err);
            Runtime.getRuntime().halt(1);
        }
        answers.println(liveMegabytes());
        // Not every contender ends all of its threads.
        Runtime.getRuntime().halt(0);
    }

    private static void obey(BufferedReader orders, PrintStream answers, Node node, RunLog log) throws IOException {
        for (String order = orders.readLine(); !"stop".equals(order); order = orders.readLine()) {
            if (order == null) {
                // The parent is gone, and with it soon the database.
                Runtime.getRuntime().halt(1);
            } else if (order.equals("count")) {
                answers.println(log.count());
            } else {
                switch (order) {
                    case "pause" -> node.pause();
                    case "resume" -> node.resume();
                    default -> throw new IOException("unknown order " + order);
                }
                answers.println(OK);
            }
        }
    }

    private static long liveMegabytes() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 20;
    }
}
