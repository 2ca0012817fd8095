package dev.carnelian.api;

import dev.carnelian.access.Caller;
import dev.carnelian.access.Scope;
import dev.carnelian.cluster.NodeList;
import io.dropwizard.auth.Auth;
import io.swagger.v3.oas.annotations.Operation;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;

/** The nodes of the cluster. */
@Path("/nodes")
@Produces(MediaType.APPLICATION_JSON)
@RequiresScope(Scope.JOBS_READ)
public final class NodesResource {
    private final NodeList nodes;

    NodesResource(NodeList nodes) {
        this.nodes = nodes;
    }

    @GET
    @Operation(summary = "List the nodes of the cluster")
    public Envelope<List<NodeList.Node>> list(@Auth Caller caller) {
        return Envelope.of(nodes.list());
    }
}
