package dev.carnelian.jobstore;

import java.sql.Connection;
import org.quartz.JobPersistenceException;

/** Runs work in one of the store's own transactions. */
interface Transactions {
    <T> T run(Work<T> work) throws JobPersistenceException;

    /** What is done in a transaction; an exception rolls it back. */
    interface Work<T> {
        T on(Connection connection) throws Exception;
    }
}
