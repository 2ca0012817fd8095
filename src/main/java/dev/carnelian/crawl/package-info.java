/** The job type web_crawling: follows links politely, keeps the text of pages as documents. */
@NullMarked
package dev.carnelian.crawl;

import org.jspecify.annotations.NullMarked;
