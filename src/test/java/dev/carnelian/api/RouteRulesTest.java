package dev.carnelian.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carnelian.access.Scope;
import jakarta.annotation.security.PermitAll;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RouteRulesTest {
    @RequiresScope(Scope.JOBS_READ)
    public static final class Guarded {
        public void read() {}

        @RequiresScope(Scope.JOBS_WRITE)
        public void write() {}

        @PermitAll
        public void open() {}
    }

    public static final class Forgotten {
        public void read() {}
    }

    @Test
    void theScopeOfAMethodGoesBeforeThatOfItsClass() throws NoSuchMethodException {
        assertThat(scopeOf(Guarded.class, "read")).contains(Scope.JOBS_READ);
        assertThat(scopeOf(Guarded.class, "write")).contains(Scope.JOBS_WRITE);
        assertThat(scopeOf(Guarded.class, "open")).isEmpty();
    }

    @Test
    void aRouteWithoutAScopeIsRefused() {
        assertThatThrownBy(() -> scopeOf(Forgotten.class, "read"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("names no scope");
    }

    private static Optional<Scope> scopeOf(Class<?> resource, String method) throws NoSuchMethodException {
        return RouteRules.scopeOf(resource.getMethod(method), resource);
    }
}
