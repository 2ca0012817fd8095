package dev.carnelian.crawl;

import org.jdbi.v3.core.Handle;

/**
 * An open transaction with the statements of a crawl. JDBI makes ready all statements of an interface for each call, which
 * costs more than many of them take, so a change does that once.
 */
record CrawlTransaction(Handle handle, FrontierDao frontier, Pages.Dao pages) {
    static CrawlTransaction of(Handle handle) {
        return new CrawlTransaction(handle, handle.attach(FrontierDao.class), handle.attach(Pages.Dao.class));
    }
}
