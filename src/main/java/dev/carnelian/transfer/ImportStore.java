package dev.carnelian.transfer;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;

/** Stores batches of rows in the transaction of its session, and says of each row what became of it. */
final class ImportStore {
    /** SQLSTATE classes that tell of the data: what does not fit its column, and what breaks a constraint. */
    private static final List<String> CLASSES_OF_BAD_DATA = List.of("22", "23");

    private final TransferSession session;
    private final Handle handle;
    private final Target target;

    ImportStore(TransferSession session, Target target) {
        this.session = session;
        this.handle = session.handle();
        this.target = target;
        target.tables().forEach(handle::execute);
    }

    Target target() {
        return target;
    }

    /** Whose transactions these are. */
    Handle handle() {
        return handle;
    }

    /** The verdict on each row, by its number. */
    Map<Integer, String> store(List<Staged> rows) throws IOException, SQLException {
        handle.execute("SAVEPOINT batch");
        try {
            Map<Integer, String> verdicts = merge(rows);
            handle.execute("RELEASE SAVEPOINT batch");
            return verdicts;
        } catch (SQLException | JdbiException e) {
            if (!isAboutData(e)) {
                throw e;
            }
            handle.execute("ROLLBACK TO SAVEPOINT batch");
            return apart(rows);
        }
    }

    /** Finds the row that the database refuses by storing both halves apart. */
    private Map<Integer, String> apart(List<Staged> rows) throws IOException, SQLException {
        if (rows.size() == 1) {
            return Map.of(rows.get(0).row().number(), "rejected_by_database");
        }
        int half = rows.size() / 2;
        Map<Integer, String> verdicts = new HashMap<>(store(rows.subList(0, half)));
        verdicts.putAll(store(rows.subList(half, rows.size())));
        return verdicts;
    }

    private static boolean isAboutData(Exception e) {
        Throwable cause = e instanceof JdbiException ? e.getCause() : e;
        return cause instanceof SQLException sql
                && sql.getSQLState() != null
                && CLASSES_OF_BAD_DATA.contains(sql.getSQLState().substring(0, 2));
    }

    private Map<Integer, String> merge(List<Staged> rows) throws IOException, SQLException {
        handle.execute("TRUNCATE staged");
        copy("staged", target.columns(), rows, Staged::line);
        if (!target.partColumns().isEmpty()) {
            handle.execute("TRUNCATE staged_parts");
            copy("staged_parts", target.partColumns(), rows, Staged::parts);
        }
        target.merge().forEach(handle::execute);
        Map<Integer, String> verdicts = new HashMap<>();
        handle.createQuery("SELECT row_number, verdict FROM staged")
                .map((row, context) -> Map.entry(row.getInt(1), row.getString(2)))
                .forEach(verdict -> verdicts.put(verdict.getKey(), verdict.getValue()));
        return verdicts;
    }

    private void copy(String table, String columns, List<Staged> rows, Function<Staged, String> lines)
            throws IOException, SQLException {
        StringBuilder text = new StringBuilder();
        rows.forEach(row -> text.append(lines.apply(row)));
        session.copies()
                .copyIn(
                        "COPY " + table + " (" + columns + ") FROM STDIN (FORMAT csv)",
                        new ByteArrayInputStream(text.toString().getBytes(StandardCharsets.UTF_8)));
    }
}
