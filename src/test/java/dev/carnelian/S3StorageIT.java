package dev.carnelian;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that keeps files in a bucket, over HTTP. */
class S3StorageIT {
    @TempDir
    private Path folder;

    @Test
    void filesGoIntoTheBucketAndComeOutOfIt() throws Exception {
        try (S3Server server = S3Server.start(folder);
                LiveCluster cluster = new LiveCluster(folder)) {
            NodeProcess node =
                    cluster.start("one", environment(server, S3Server.BUCKET)).ready();
            byte[] large = new byte[20 << 20];
            new Random(1).nextBytes(large);

            String file = upload(cluster, node, "large.bin", large);
            String letter = upload(cluster, node, "letter.txt", "Dear all, we meet on Monday.".getBytes(UTF_8));

            assertThat(server.objects()).containsExactlyInAnyOrder("crn/" + file, "crn/" + letter);
            HttpResponse<byte[]> part = content(cluster, node, file, "bytes=8388600-8388620");
            assertThat(part.statusCode()).isEqualTo(206);
            assertThat(part.body()).isEqualTo(Arrays.copyOfRange(large, 8_388_600, 8_388_621));
            assertThat(content(cluster, node, file, "bytes=0-").body()).isEqualTo(large);
            String job = cluster.create(
                    node,
                    "{\"type\": \"document_processing\", \"input\": {\"documents\": [{\"fileId\": \"" + letter
                            + "\"}]}}");
            JsonNode ended = cluster.ended(node, job, Duration.ofSeconds(60));
            assertThat(ended.at("/result/documentsProcessed").asInt()).isOne();

            server.stop();
            assertThat(node.upload(cluster.key(), "x", new byte[1]).statusCode())
                    .isEqualTo(503);
            assertThat(node.health().at("/files/message").asText())
                    .contains("bucket files at " + server.endpoint() + " cannot be used");
            assertThat(node.readiness()).isEqualTo(200);
            server.restart();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> node.health().at("/files/healthy").asBoolean());
        }
    }

    @Test
    void aBucketThatIsNotThereStopsTheStartWithOneLine() throws Exception {
        try (S3Server server = S3Server.start(folder);
                LiveCluster cluster = new LiveCluster(folder)) {
            NodeProcess node = cluster.start("one", environment(server, "nowhere"));

            assertThat(node.exitCode(Duration.ofSeconds(60))).isOne();
            assertThat(node.log().strip().lines().filter(line -> line.startsWith("carnelian:")))
                    .containsExactly("carnelian: the file storage cannot be used: bucket nowhere at "
                            + server.endpoint() + " cannot be used: NoSuchBucket (404)");
        }
    }

    private static String[] environment(S3Server server, String bucket) {
        return new String[] {
            "CARNELIAN_STORAGE",
            "s3",
            "CARNELIAN_S3_ENDPOINT",
            server.endpoint(),
            "CARNELIAN_S3_BUCKET",
            bucket,
            "CARNELIAN_S3_PREFIX",
            "crn/",
            "CARNELIAN_S3_ACCESS_KEY",
            S3Server.ACCESS_KEY,
            "CARNELIAN_S3_SECRET_KEY",
            S3Server.SECRET_KEY
        };
    }

    private static String upload(LiveCluster cluster, NodeProcess node, String name, byte[] bytes) {
        HttpResponse<String> stored = node.upload(cluster.key(), name, bytes);
        assertThat(stored.statusCode()).as(stored.body()).isEqualTo(201);
        return NodeProcess.data(stored).path("id").asText();
    }

    private static HttpResponse<byte[]> content(LiveCluster cluster, NodeProcess node, String file, String range)
            throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(node.address() + "/files/" + file + "/content"))
                                .header("Authorization", "Bearer " + cluster.key())
                                .header("Range", range)
                                .timeout(Duration.ofSeconds(60))
                                .build(),
                        BodyHandlers.ofByteArray());
    }
}
