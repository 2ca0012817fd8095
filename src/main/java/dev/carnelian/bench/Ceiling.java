package dev.carnelian.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * What PostgreSQL itself can do with jobs in sets of 100 on a narrow table with one partial index, and with commits. A drain
 * is measured against the whole life of such a job, and against the half of it that a drain sees.
 */
final class Ceiling {
    static final String DRAIN = "ceiling, claim 100 + complete 100";
    static final String LIFE = "ceiling, insert 100 + claim 100 + complete 100";
    static final String INSERT = "ceiling, insert 100";
    static final String COMMITS = "plain commits, 32 clients";

    private static final int SET = 100;
    private static final int CLIENTS = 4;
    private static final int COMMIT_CLIENTS = 32;

    private static final String TABLE = """
            CREATE TABLE narrow (
                id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                due    timestamptz NOT NULL DEFAULT now(),
                status smallint NOT NULL DEFAULT 0,
                run    uuid,
                ended  timestamptz,
                result text
            ) WITH (fillfactor = 70)""";

    private static final String ONE = "INSERT INTO narrow DEFAULT VALUES";

    private static final String HUNDRED = "INSERT INTO narrow (status) SELECT 0 FROM generate_series(1, 100)";

    private static final String CLAIM = """
            WITH claimed AS (
                UPDATE narrow SET status = 1, run = gen_random_uuid()
                WHERE id = ANY (ARRAY(
                    SELECT id FROM narrow WHERE status = 0 ORDER BY due, id LIMIT 100 FOR UPDATE SKIP LOCKED))
                RETURNING id)
            SELECT coalesce(array_agg(id), '{}') AS ids FROM claimed""";

    private static final String COMPLETE = """
            UPDATE narrow SET status = 2, ended = now(), result = '{"number":42}'
            WHERE id = ANY (:ids::bigint[]) AND status = 1""";

    private final StatementBench bench;
    private final int jobs;
    private final int commits;

    /**
     * @param jobs rows to insert, claim and complete
     * @param commits one-row transactions
     */
    Ceiling(StatementBench bench, int jobs, int commits) {
        this.bench = bench;
        this.jobs = jobs;
        this.commits = commits;
    }

    void run(Server server, Figures figures) throws SQLException {
        String url = freshTable(server);
        int each = jobs / SET / CLIENTS;
        figures.add(INSERT, SET * bench.perSecond(url, List.of(HUNDRED), CLIENTS, each), unit("jobs/s"));
        Server.settle(url);
        figures.add(DRAIN, SET * bench.perSecond(url, List.of(CLAIM, COMPLETE), CLIENTS, each), unit("jobs/s"));
        try (Connection connection = Sql.source(url).getConnection()) {
            long completed = Sql.number(connection, "SELECT count(*) FROM narrow WHERE status = 2");
            if (completed != (long) each * CLIENTS * SET) {
                throw new IllegalStateException("the ceiling completed " + completed + " rows");
            }
        }
        figures.add(LIFE, SET * bench.perSecond(url, List.of(HUNDRED, CLAIM, COMPLETE), CLIENTS, each), unit("jobs/s"));
    }

    void runCommits(Server server, Figures figures) throws SQLException {
        String url = freshTable(server);
        double rate = bench.perSecond(url, List.of(ONE), COMMIT_CLIENTS, commits / COMMIT_CLIENTS);
        figures.add(COMMITS, rate, unit("commits/s"));
    }

    private static String freshTable(Server server) throws SQLException {
        String url = server.freshDatabase();
        Sql.execute(url, TABLE, "CREATE INDEX narrow_due ON narrow (due, id) WHERE status = 0");
        return url;
    }

    private String unit(String unit) {
        return unit + " by " + bench.name();
    }
}
