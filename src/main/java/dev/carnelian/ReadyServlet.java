package dev.carnelian;

import dev.carnelian.cluster.Cluster;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/** Whether a load balancer should send requests here: not while draining, and not without the database. */
final class ReadyServlet extends HttpServlet {
    private static final long serialVersionUID = 1;

    private final transient Cluster cluster;
    private final transient Jdbi jdbi;

    ReadyServlet(Cluster cluster, Jdbi jdbi) {
        this.cluster = cluster;
        this.jdbi = jdbi;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setContentType("text/plain;charset=UTF-8");
        response.setHeader("Cache-Control", "no-store");
        String obstacle = cluster.isDraining() ? "draining" : databaseAnswers() ? "" : "no database";
        response.setStatus(obstacle.isEmpty() ? HttpServletResponse.SC_OK : HttpServletResponse.SC_SERVICE_UNAVAILABLE);
        response.getWriter().println(obstacle.isEmpty() ? "ready" : obstacle);
    }

    private boolean databaseAnswers() {
        try {
            return jdbi.withHandle(handle ->
                    handle.createQuery("SELECT true").mapTo(Boolean.class).one());
        } catch (JdbiException e) {
            return false;
        }
    }
}
