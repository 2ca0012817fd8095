package dev.carnelian.jobstore;

import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Sets the parameters of a statement one after the other, where there are too many to number them. */
final class Parameters {
    private final PreparedStatement statement;
    private int index;

    Parameters(PreparedStatement statement) {
        this.statement = statement;
    }

    Parameters text(String value) throws SQLException {
        statement.setString(++index, value);
        return this;
    }

    Parameters number(long value) throws SQLException {
        statement.setLong(++index, value);
        return this;
    }

    Parameters texts(@Nullable Collection<String> values) throws SQLException {
        if (values == null) {
            statement.setArray(++index, null);
            return this;
        }
        return array("text", values.toArray(String[]::new));
    }

    Parameters array(Array values) throws SQLException {
        statement.setArray(++index, values);
        return this;
    }

    /** An array of texts or numbers that is one by its Java type too goes to the server in the binary format. */
    Parameters array(String type, @Nullable Object[] values) throws SQLException {
        return array(statement.getConnection().createArrayOf(type, values));
    }
}
