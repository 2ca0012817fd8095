package dev.carnelian;

import dev.carnelian.access.ApiKey;
import dev.carnelian.access.ApiKeys;
import dev.carnelian.access.Scope;
import dev.carnelian.database.Database;
import dev.carnelian.job.TenantId;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import net.sourceforge.argparse4j.impl.Arguments;
import net.sourceforge.argparse4j.inf.Namespace;
import net.sourceforge.argparse4j.inf.Subparser;

/** Makes, lists and revokes API keys. A key is printed once, when it is made. */
final class KeyCommand extends DatabaseCommand {
    private static final String ACTION = "action";

    KeyCommand() {
        super("key", "Makes, lists and revokes API keys");
    }

    @Override
    public void configure(Subparser parser) {
        parser.addArgument(ACTION).choices("create", "list", "revoke");
        parser.addArgument("--tenant").help("whose key; made when new").type(String.class);
        parser.addArgument("--scopes")
                .setDefault("jobs:read,jobs:write,jobs:payload,files:*")
                .help("separated by commas: jobs:read, jobs:write, jobs:payload, files:*, schedules:*, admin");
        parser.addArgument("--name").setDefault("command line").help("what the key is for");
        parser.addArgument("--days")
                .type(Integer.class)
                .help("how long the key works; without it, until it is revoked");
        parser.addArgument("--id").help("the key to revoke");
        parser.addArgument("-c", "--config")
                .dest("file")
                .setDefault(ConfigurationSource.DEFAULT)
                .action(Arguments.store())
                .help("application configuration file");
    }

    @Override
    void run(Namespace namespace, Database database, PrintWriter out) {
        database.migrate();
        try (ApiKeys keys = new ApiKeys(database.jdbi(), Duration.ofSeconds(2), Duration.ofMinutes(5))) {
            switch (namespace.getString(ACTION)) {
                case "create" -> create(namespace, keys, out);
                case "list" -> keys.list(optionalTenant(namespace)).forEach(key -> out.println(line(key)));
                default -> revoke(namespace, keys, out);
            }
        }
    }

    private static void create(Namespace namespace, ApiKeys keys, PrintWriter out) {
        Integer days = namespace.getInt("days");
        ApiKey.Created created = keys.create(
                tenant(namespace),
                namespace.getString("name"),
                scopes(namespace.getString("scopes")),
                days == null ? null : Duration.ofDays(days));
        out.println(created.key());
    }

    private static void revoke(Namespace namespace, ApiKeys keys, PrintWriter out) {
        String id = Optional.ofNullable(namespace.getString("id"))
                .orElseThrow(() -> new IllegalArgumentException("which key? say --id, as `key list` shows it"));
        if (!keys.revoke(tenant(namespace), UUID.fromString(id))) {
            throw new IllegalArgumentException("the tenant has no key " + id);
        }
        out.println("revoked; every node refuses it within 5 seconds");
    }

    private static TenantId tenant(Namespace namespace) {
        return optionalTenant(namespace)
                .orElseThrow(() -> new IllegalArgumentException("whose key? say --tenant, for example --tenant acme"));
    }

    private static Optional<TenantId> optionalTenant(Namespace namespace) {
        return Optional.ofNullable(namespace.getString("tenant")).map(TenantId::new);
    }

    private static Set<Scope> scopes(String text) {
        return Scope.parse(Arrays.stream(text.split(",", -1)).map(String::trim).toList());
    }

    private static String line(ApiKey key) {
        String state = key.revokedAt() != null
                ? "revoked " + key.revokedAt()
                : key.expiresAt() != null ? "until " + key.expiresAt() : "active";
        String scopes = key.scopes().stream().sorted().map(Scope::wireName).collect(Collectors.joining(","));
        return String.join(
                "  ", key.id().toString(), key.tenant().value(), key.prefix() + "...", scopes, state, key.name());
    }
}
