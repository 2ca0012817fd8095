package dev.carnelian;

/** The version of this build, as the jar's manifest has it. */
final class Version {
    static final String CURRENT = current();

    private Version() {}

    private static String current() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
