package dev.carnelian.storage;

import java.net.URI;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;

/** Makes clients of S3-compatible servers. */
final class S3Clients {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration SILENCE = Duration.ofSeconds(30);
    private static final Duration CALL = Duration.ofMinutes(2);

    private S3Clients() {}

    static S3Client connect(StorageConfiguration.S3 configuration) {
        S3ClientBuilder client = S3Client.builder()
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECT)
                        .socketTimeout(SILENCE))
                .region(Region.of(configuration.region()))
                .credentialsProvider(credentials(configuration))
                .overrideConfiguration(all -> all.apiCallTimeout(CALL))
                // Servers other than Amazon's do not all know the checksums and the framing of newer SDKs.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .serviceConfiguration(S3Configuration.builder()
                        .chunkedEncodingEnabled(false)
                        // The JDK's client waits for seconds for servers that do not answer it.
                        .expectContinueEnabled(false)
                        .pathStyleAccessEnabled(configuration.pathStyle())
                        .build());
        if (!configuration.endpoint().isEmpty()) {
            client.endpointOverride(URI.create(configuration.endpoint()));
        }
        return client.build();
    }

    private static AwsCredentialsProvider credentials(StorageConfiguration.S3 configuration) {
        return configuration.accessKey().isEmpty()
                ? DefaultCredentialsProvider.builder().build()
                : StaticCredentialsProvider.create(AwsBasicCredentials.create(
                        configuration.accessKey(), configuration.secretKey().reveal()));
    }
}
