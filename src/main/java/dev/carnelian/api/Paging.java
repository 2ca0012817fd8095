package dev.carnelian.api;

import java.util.List;
import java.util.function.Function;

/** Cuts a page from what was read, which is one row more than a page if there is another. */
final class Paging {
    private Paging() {}

    static <T, V> Envelope<List<V>> page(
            List<T> found, int limit, Function<? super T, V> view, Function<? super T, String> cursor) {
        boolean hasMore = found.size() > limit;
        List<T> shown = hasMore ? found.subList(0, limit) : found;
        String next = hasMore ? cursor.apply(shown.get(limit - 1)) : null;
        return Envelope.page(shown.stream().map(view).toList(), new Page(limit, hasMore, next));
    }
}
