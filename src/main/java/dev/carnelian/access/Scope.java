package dev.carnelian.access;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What a key may do. */
public enum Scope {
    JOBS_READ,
    JOBS_WRITE,
    /** Reading what jobs were given: their {@code input}. */
    JOBS_PAYLOAD,
    FILES_READ,
    FILES_WRITE,
    SCHEDULES_READ,
    SCHEDULES_WRITE,
    /** Everything, and the routes that nobody else may use. */
    ADMIN;

    /** The name on the wire and in SQL, as in {@code jobs:read}. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT).replace('_', ':');
    }

    /** The scope of that wire name, or empty for any other text. */
    public static Optional<Scope> ofWireName(String name) {
        return Arrays.stream(values())
                .filter(scope -> scope.wireName().equals(name))
                .findFirst();
    }

    /**
     * Reads a list as people write it, where {@code files:*} stands for every scope of files.
     *
     * @throws IllegalArgumentException if a name is unknown or the list is empty
     */
    public static Set<Scope> parse(List<String> names) {
        Set<Scope> scopes = EnumSet.noneOf(Scope.class);
        for (String name : names) {
            List<Scope> named = Arrays.stream(values())
                    .filter(scope ->
                            scope.wireName().equals(name) || scope.group().equals(name))
                    .toList();
            if (named.isEmpty()) {
                throw new IllegalArgumentException("no scope is named \"" + name + "\"; there are "
                        + String.join(
                                ", ",
                                Arrays.stream(values()).map(Scope::wireName).toList())
                        + " and jobs:*, files:*, schedules:*");
            }
            scopes.addAll(named);
        }
        if (scopes.isEmpty()) {
            throw new IllegalArgumentException("a key needs at least one scope");
        }
        return scopes;
    }

    private String group() {
        return wireName().replaceFirst(":.*", ":*");
    }
}
