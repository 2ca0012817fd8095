package dev.carnelian.api;

import dev.carnelian.access.Caller;
import dev.carnelian.access.Scope;
import dev.carnelian.storage.FileId;
import dev.carnelian.storage.FileStore;
import dev.carnelian.storage.StoredFile;
import io.dropwizard.auth.Auth;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.parameters.RequestBody;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Files that callers bring and fetch: bytes of any kind, streamed both ways. */
@Path("/files")
@Produces(MediaType.APPLICATION_JSON)
@RequiresScope(Scope.FILES_READ)
public final class FilesResource {
    private final FileStore files;
    private final long maxBytes;

    /**
     * @param maxBytes of one file
     */
    public FilesResource(FileStore files, long maxBytes) {
        this.files = files;
        this.maxBytes = maxBytes;
    }

    @POST
    @Streamed
    @Consumes(MediaType.WILDCARD)
    @RequiresScope(Scope.FILES_WRITE)
    @Operation(summary = "Store the body of the request as a file")
    @RequestBody(content = @Content(mediaType = "*/*", schema = @Schema(type = "string", format = "binary")))
    @ApiResponse(
            responseCode = "201",
            description = "Stored.",
            content = @Content(schema = @Schema(ref = "#/components/schemas/EnvelopeFileView")))
    public Response store(
            @Auth Caller caller,
            @QueryParam("name") @DefaultValue("file") String name,
            @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable MediaType type,
            @Context UriInfo uri,
            InputStream body)
            throws IOException {
        MediaType mediaType = type == null ? MediaType.APPLICATION_OCTET_STREAM_TYPE : type;
        StoredFile file =
                files.store(caller.tenant(), name, mediaType.getType() + "/" + mediaType.getSubtype(), body, maxBytes);
        return Response.created(
                        uri.getAbsolutePathBuilder().path(file.id().toString()).build())
                .entity(Envelope.of(FileView.of(file)))
                .build();
    }

    @GET
    @Path("/{id}")
    @Operation(summary = "Tell what is known of a file")
    public Envelope<FileView> get(@Auth Caller caller, @PathParam("id") String id) {
        return Envelope.of(FileView.of(find(caller, id)));
    }

    @GET
    @Path("/{id}/content")
    @Produces(MediaType.WILDCARD)
    @Operation(summary = "Fetch a file or, with a Range header, a part of it")
    public Response content(
            @Auth Caller caller,
            @PathParam("id") String id,
            @HeaderParam("Range") @Nullable String range,
            @HeaderParam(HttpHeaders.IF_NONE_MATCH) @Nullable String ifNoneMatch,
            @HeaderParam("If-Range") @Nullable String ifRange) {
        StoredFile file = find(caller, id);
        String etag = '"' + file.sha256() + '"';
        if (etag.equals(ifNoneMatch)) {
            return Response.notModified().header(HttpHeaders.ETAG, etag).build();
        }
        boolean unchanged = ifRange == null || ifRange.equals(etag);
        Optional<ByteRange> part = ByteRange.of(unchanged ? range : null, file.size());
        if (part.isEmpty()) {
            return unsatisfiable(file);
        }
        return send(file, part.get()).header(HttpHeaders.ETAG, etag).build();
    }

    @DELETE
    @Path("/{id}")
    @RequiresScope(Scope.FILES_WRITE)
    @Operation(summary = "Delete a file")
    public Response delete(@Auth Caller caller, @PathParam("id") String id) {
        if (!files.delete(caller.tenant(), idOf(id))) {
            throw unknown();
        }
        return Response.noContent().build();
    }

    private StoredFile find(Caller caller, String id) {
        return files.find(caller.tenant(), idOf(id)).orElseThrow(FilesResource::unknown);
    }

    private static FileId idOf(String id) {
        return FileId.parse(id).orElseThrow(FilesResource::unknown);
    }

    private static ApiException unknown() {
        return new ApiException(ErrorCode.FILE_NOT_FOUND, "there is no such file");
    }

    private static Response unsatisfiable(StoredFile file) {
        ApiException answer =
                new ApiException(ErrorCode.RANGE_NOT_SATISFIABLE, "the file has %d bytes".formatted(file.size()));
        return Response.fromResponse(EveryFailure.render(answer))
                .header("Content-Range", "bytes */" + file.size())
                .build();
    }

    private Response.ResponseBuilder send(StoredFile file, ByteRange part) {
        StreamingOutput bytes = output -> {
            try (InputStream content = files.open(file, part.from(), part.length())) {
                content.transferTo(output);
            }
        };
        Response.ResponseBuilder response = Response.status(part.partial() ? 206 : 200)
                .entity(bytes)
                .type(file.mediaType())
                .header(HttpHeaders.CONTENT_LENGTH, part.length())
                .header("Accept-Ranges", "bytes")
                .header("Repr-Digest", digest(file))
                .header(HttpHeaders.CONTENT_DISPOSITION, attachment(file.name()))
                // Whoever opens it in a browser after all: as a page of nobody, without scripts.
                .header("Content-Security-Policy", "default-src 'none'; sandbox");
        return part.partial() ? response.header("Content-Range", part.contentRange(file.size())) : response;
    }

    /** Of the whole file, also where a part is sent (RFC 9530). */
    private static String digest(StoredFile file) {
        byte[] sha256 = HexFormat.of().parseHex(file.sha256());
        return "sha-256=:" + Base64.getEncoder().encodeToString(sha256) + ':';
    }

    private static String attachment(String name) {
        String ascii = name.replaceAll("[^A-Za-z0-9._ -]", "_");
        String encoded = URLEncoder.encode(name, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A");
        return "attachment; filename=\"" + ascii + "\"; filename*=UTF-8''" + encoded;
    }
}
