package dev.carnelian.database;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;

/**
 * Asks for the plan of each kind of statement, with the very parameters of its first executions, before it lets them run.
 * The plan is measured, and what measuring changed is rolled back.
 */
public final class ExplainingDataSource {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PLANS_OF_A_STATEMENT = 3;

    /** A plan as PostgreSQL gives it in JSON. */
    public record Plan(String sql, JsonNode root) {
        /** All nodes of the plan. */
        public List<JsonNode> nodes() {
            List<JsonNode> nodes = new ArrayList<>();
            collect(root.path(0).path("Plan"), nodes);
            return nodes;
        }

        private static void collect(JsonNode node, List<JsonNode> nodes) {
            nodes.add(node);
            node.path("Plans").forEach(child -> collect(child, nodes));
        }
    }

    private final DataSource source;
    private final Map<String, List<Plan>> plans = new ConcurrentHashMap<>();

    public ExplainingDataSource(DataSource source) {
        this.source = source;
    }

    /** The plans so far, by the text of their statement. */
    public Map<String, List<Plan>> plans() {
        return plans;
    }

    /** The data source to be used in place of the one explained. */
    public DataSource proxy() {
        return proxy(DataSource.class, (self, method, arguments) -> {
            Object result = call(source, method, arguments);
            return result instanceof Connection connection ? explaining(connection) : result;
        });
    }

    private Connection explaining(Connection connection) {
        return proxy(Connection.class, (self, method, arguments) -> {
            Object result = call(connection, method, arguments);
            return result instanceof PreparedStatement statement
                            && method.getName().equals("prepareStatement")
                    ? explaining(connection, (String) arguments[0], statement)
                    : result;
        });
    }

    private PreparedStatement explaining(Connection connection, String sql, PreparedStatement statement) {
        List<Object[]> calls = new ArrayList<>();
        return proxy(PreparedStatement.class, (self, method, arguments) -> {
            if (method.getName().startsWith("set") && arguments != null && arguments[0] instanceof Integer) {
                calls.add(new Object[] {method, arguments});
            }
            boolean executes = method.getName().startsWith("execute") && arguments == null;
            if (executes
                    && !method.getName().equals("executeBatch")
                    && sql.matches("(?s)\\s*(WITH|SELECT|UPDATE|DELETE|INSERT).*")) {
                explain(connection, sql, calls);
            }
            return call(statement, method, arguments);
        });
    }

    private void explain(Connection connection, String sql, List<Object[]> calls) throws Throwable {
        List<Plan> known = plans.computeIfAbsent(sql, ignored -> new ArrayList<>());
        if (known.size() >= PLANS_OF_A_STATEMENT) {
            return;
        }
        boolean autoCommit = connection.getAutoCommit();
        connection.setAutoCommit(false);
        Savepoint before = connection.setSavepoint();
        try (PreparedStatement explain = connection.prepareStatement("EXPLAIN (ANALYZE, FORMAT JSON) " + sql)) {
            for (Object[] recorded : calls) {
                call(explain, (Method) recorded[0], (Object[]) recorded[1]);
            }
            try (ResultSet row = explain.executeQuery()) {
                row.next();
                known.add(new Plan(sql, JSON.readTree(row.getString(1))));
            }
        }
        connection.rollback(before);
        connection.setAutoCommit(autoCommit);
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
