package dev.carnelian.jobstore;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * The rows of one scheduler in Quartz's tables. Statements name these as Quartz's script does, whatever prefix they have.
 *
 * @param scheduler the name the nodes of a cluster share
 * @param prefix what the tables' names begin with
 */
record Tables(String scheduler, String prefix) {
    PreparedStatement prepare(Connection connection, String sql) throws SQLException {
        return connection.prepareStatement(sql.replace("QRTZ_", prefix));
    }
}
