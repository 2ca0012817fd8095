package dev.carnelian.database;

import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.spi.JdbiPlugin;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.jdbi.v3.core.statement.StatementExceptions.MessageRendering;

/**
 * What fails says why, but neither the statement nor its values, which JDBI would add: they are the tenants' own, and
 * messages end up in logs and in the attempts that callers read.
 */
public final class PlainFailures implements JdbiPlugin {
    @Override
    public void customizeJdbi(Jdbi jdbi) {
        jdbi.configure(StatementExceptions.class, failures -> failures.setMessageRendering(MessageRendering.NONE));
    }
}
