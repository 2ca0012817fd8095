package dev.carnelian.database;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;

/** Keeps the first plans of each kind of statement, measured as they were executed: PostgreSQL's auto_explain tells them. */
public final class ExplainingDataSource {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PLANS_OF_A_STATEMENT = 3;

    /** A plan as PostgreSQL gives it in JSON. */
    public record Plan(String sql, JsonNode root) {
        /** All nodes of the plan. */
        public List<JsonNode> nodes() {
            List<JsonNode> nodes = new ArrayList<>();
            collect(root.path("Plan"), nodes);
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

    /** The plans since the last call. */
    public List<Plan> plans() {
        List<Plan> all = plans.values().stream().flatMap(List::stream).toList();
        plans.clear();
        return all;
    }

    /** The data source to be used in place of the one explained. */
    public DataSource proxy() {
        return proxy(DataSource.class, (self, method, arguments) -> {
            Object result = call(source, method, arguments);
            return result instanceof Connection connection ? explaining(connection) : result;
        });
    }

    private Connection explaining(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("""
                    LOAD 'auto_explain';
                    SET auto_explain.log_min_duration = 0; SET auto_explain.log_analyze = on;
                    SET auto_explain.log_timing = off; SET auto_explain.log_format = json;
                    SET client_min_messages = log""");
        }
        return proxy(Connection.class, (self, method, arguments) -> {
            Object result = call(connection, method, arguments);
            return result instanceof PreparedStatement statement
                            && method.getName().equals("prepareStatement")
                    ? explaining((String) arguments[0], statement)
                    : result;
        });
    }

    private PreparedStatement explaining(String sql, PreparedStatement statement) {
        return proxy(PreparedStatement.class, (self, method, arguments) -> {
            Object result = call(statement, method, arguments);
            if (method.getName().startsWith("execute")) {
                note(sql, statement);
            }
            return result;
        });
    }

    private void note(String sql, PreparedStatement statement) throws SQLException, JsonProcessingException {
        List<Plan> known = plans.computeIfAbsent(sql, ignored -> new CopyOnWriteArrayList<>());
        for (SQLWarning told = statement.getWarnings(); told != null; told = told.getNextWarning()) {
            String message = String.valueOf(told.getMessage());
            if (message.contains("plan:") && known.size() < PLANS_OF_A_STATEMENT) {
                known.add(new Plan(sql, JSON.readTree(message.substring(message.indexOf('{')))));
            }
        }
        statement.clearWarnings();
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
