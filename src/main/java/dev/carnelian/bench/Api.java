package dev.carnelian.bench;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;

/** How many requests a second a node answers: jobs posted one by one and in bulk, jobs read. */
final class Api {
    static final List<Integer> CLIENTS = List.of(1, 8, 32);
    static final String READ = "GET /jobs/{id}, 8 clients";
    static final String READ_UNCHANGED = "GET /jobs/{id} with its ETag, 8 clients";

    private static final int READERS = 8;
    private static final int JOBS_A_BULK = 1_000;
    /** The most turns of the length of a measurement, and what one must gain on the best before it. */
    private static final int LONGEST_WARM_UP = 15;

    private static final double WARM = 1.03;
    private static final String JOB =
            "{\"type\":\"document_processing\",\"input\":{\"documents\":[{\"text\":\"a letter\"}]}}";
    private static final String BULK = "{\"jobs\":[" + String.join(",", Collections.nCopies(JOBS_A_BULK, JOB)) + "]}";

    private final double seconds;

    /**
     * @param seconds how long each figure is measured
     */
    Api(double seconds) {
        this.seconds = seconds;
    }

    static String single(int clients) {
        return "POST /jobs, " + clients(clients);
    }

    static String bulk(int clients) {
        return "POST /jobs/bulk (1,000 a call), " + clients(clients);
    }

    private static String clients(int clients) {
        return clients == 1 ? "1 client" : clients + " clients";
    }

    /** One round over all figures; throws if a job that was accepted is not there. */
    void run(Server server, Children children, Figures figures) throws IOException, SQLException, InterruptedException {
        String url = server.freshDatabase();
        new Product().createTables(url);
        try (ApiServer api = ApiServer.start(children, url, server.folder())) {
            byte[] single = api.post("/jobs", JOB);
            long accepted = warmUp(api, single, 201);
            for (int clients : CLIENTS) {
                Crowd.Count posted = count(api, single, 201, clients);
                figures.add(single(clients), posted.perSecond(), "jobs/s");
                accepted += posted.answers();
            }
            verify(url, accepted + bulk(api, figures));
            read(api, figures);
        }
    }

    /** A cold JVM answers at a tenth of its rate: asks until it got hardly any faster three times in a row. */
    private long warmUp(ApiServer api, byte[] request, int status) {
        long answers = 0;
        double best = 0;
        int steady = 0;
        for (int turn = 0; turn < LONGEST_WARM_UP && steady < 3; turn++) {
            Crowd.Count count = count(api, request, status, Collections.max(CLIENTS));
            answers += count.answers();
            steady = count.perSecond() < best * WARM ? steady + 1 : 0;
            best = Math.max(best, count.perSecond());
        }
        return answers;
    }

    private long bulk(ApiServer api, Figures figures) {
        byte[] bulk = api.post("/jobs/bulk", BULK);
        long accepted = count(api, bulk, 201, 1).answers();
        for (int clients : CLIENTS) {
            Crowd.Count posted = count(api, bulk, 201, clients);
            figures.add(bulk(clients), JOBS_A_BULK * posted.perSecond(), "jobs/s");
            accepted += posted.answers();
        }
        return JOBS_A_BULK * accepted;
    }

    private static void verify(String url, long accepted) throws SQLException {
        try (Connection connection = Sql.source(url).getConnection()) {
            long stored = Sql.number(connection, "SELECT count(*) FROM jobs");
            if (stored != accepted) {
                throw new IllegalStateException("of " + accepted + " accepted jobs " + stored + " are there");
            }
        }
    }

    private void read(ApiServer api, Figures figures) throws IOException, InterruptedException {
        String path = "/jobs/" + api.create(JOB).body().replaceFirst("(?s).*?\"id\":\"([^\"]+)\".*", "$1");
        String etag = api.read(path).headers().firstValue("ETag").orElseThrow();
        byte[] plain = api.get(path, "");
        byte[] unchanged = api.get(path, "If-None-Match: " + etag + "\r\n");
        long unused = warmUp(api, plain, 200) + warmUp(api, unchanged, 304);
        figures.add(READ, count(api, plain, 200, READERS).perSecond(), "requests/s");
        figures.add(READ_UNCHANGED, count(api, unchanged, 304, READERS).perSecond(), "requests/s");
    }

    private Crowd.Count count(ApiServer api, byte[] request, int status, int clients) {
        return new Crowd(api.port(), request, status).ask(clients, seconds);
    }
}
