package dev.carnelian.database;

import java.util.function.LongSupplier;
import org.jdbi.v3.core.Jdbi;

/** How often rows of a table were inserted or changed since this was made, whether or not that was committed. */
public final class WrittenRows implements LongSupplier {
    private final Jdbi jdbi;
    private final String counter;

    public WrittenRows(Jdbi jdbi, String table) {
        this.jdbi = jdbi;
        this.counter = table + "_written";
        jdbi.useHandle(handle -> handle.createScript("""
                        CREATE SEQUENCE <counter>;
                        CREATE FUNCTION <counter>() RETURNS trigger LANGUAGE plpgsql AS
                            'BEGIN PERFORM nextval(TG_NAME::text); RETURN NULL; END';
                        CREATE TRIGGER <counter> AFTER INSERT OR UPDATE ON <table>
                            FOR EACH ROW EXECUTE FUNCTION <counter>()""")
                .define("counter", counter)
                .define("table", table)
                .execute());
    }

    @Override
    public long getAsLong() {
        return jdbi.withHandle(
                handle -> handle.createQuery("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM <counter>")
                        .define("counter", counter)
                        .mapTo(Long.class)
                        .one());
    }
}
