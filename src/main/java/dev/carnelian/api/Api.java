package dev.carnelian.api;

import dev.carnelian.access.ApiKeys;
import dev.carnelian.access.Caller;
import dev.carnelian.access.WrongKeys;
import io.dropwizard.auth.AuthValueFactoryProvider;
import io.dropwizard.core.setup.Environment;
import io.dropwizard.jersey.setup.JerseyEnvironment;
import java.util.List;

/** The JSON contract, put into a Dropwizard application. */
public final class Api {
    private Api() {}

    /**
     * Registers the resources and everything around them: keys, limits, envelope, errors, request ids, documentation. The
     * server must have {@code registerDefaultExceptionMappers: false}.
     *
     * @param resources objects with JAX-RS annotations, every method with a scope
     */
    public static void register(
            Environment environment, ApiConfiguration configuration, ApiKeys keys, List<?> resources) {
        ApiJson.configure(environment.getObjectMapper());
        EnvelopeErrors.install(environment);
        JerseyEnvironment jersey = environment.jersey();
        jersey.register(new EveryFailure());
        jersey.register(new EveryViolation());
        jersey.register(new ParameterCheck());
        jersey.register(new AuthValueFactoryProvider.Binder<>(Caller.class));
        jersey.register(new RouteRules(configuration));
        jersey.register(new KeyCheck(keys, new WrongKeys(configuration.wrongKeysPerMinute())));
        resources.forEach(jersey::register);
        jersey.register(new OpenApiResource(resources));
    }
}
