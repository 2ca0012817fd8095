package dev.carnelian;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The picture of the house: which package may use which, and who alone may touch a library. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter(
                    java.util.List.of(new ImportOption.DoNotIncludeTests()))
            .importPackages("dev.carnelian");

    private static final Map<String, Set<String>> MAY_USE = new TreeMap<>(Map.ofEntries(
            entry("job", Set.of()),
            entry("database", Set.of()),
            entry("jobstore", Set.of()),
            entry("queue", Set.of("job", "database")),
            entry("worker", Set.of("job", "queue")),
            entry("cluster", Set.of("job", "queue", "worker", "jobstore", "database")),
            entry("access", Set.of("job", "database")),
            entry("storage", Set.of("job", "database")),
            entry("net", Set.of()),
            entry("document", Set.of("job", "database", "storage", "net")),
            entry("embedding", Set.of("job", "database", "document")),
            entry("transfer", Set.of("job", "database", "storage", "net", "document")),
            entry("httpcall", Set.of("job", "database", "net")),
            entry("crawl", Set.of("job", "database", "document", "net")),
            entry("api", Set.of("job", "queue", "access", "storage", "cluster", "httpcall")),
            entry("testkit", Set.of("job", "queue", "worker", "api")),
            entry(
                    "bench",
                    Set.of(
                            "job",
                            "database",
                            "jobstore",
                            "queue",
                            "worker",
                            "cluster",
                            "access",
                            "document",
                            "embedding"))));

    private static final Map<String, Set<String>> ONLY_IN = Map.ofEntries(
            entry("org.quartz.impl.jdbcjobstore..", Set.of("jobstore")),
            entry("org.quartz..", Set.of("jobstore", "cluster", "bench")),
            entry("com.github.kagkarlsson..", Set.of("bench")),
            entry("org.flywaydb..", Set.of("database")),
            entry("io.zonky..", Set.of("database")),
            entry("okhttp3..", Set.of("net")),
            entry("okio..", Set.of("net")),
            entry("software.amazon..", Set.of("storage")),
            entry("crawlercommons..", Set.of("crawl")),
            entry("org.jsoup..", Set.of("crawl")),
            entry("org.apache.tika..", Set.of("document")),
            entry("opennlp..", Set.of("document")),
            entry("ai.onnxruntime..", Set.of("embedding")),
            entry("de.siegmar.fastcsv..", Set.of("transfer")),
            entry("com.github.luben..", Set.of("transfer")),
            entry("org.glassfish.jersey..", Set.of("api")),
            entry("io.swagger..", Set.of("api")));

    @Test
    void everyPackageIsInThePicture() {
        assertThat(CLASSES.stream()
                        .map(type -> featureOf(type.getPackageName()))
                        .filter(feature -> !feature.isEmpty()))
                .isSubsetOf(MAY_USE.keySet());
    }

    @Test
    void packagesUseOnlyWhatThePictureAllows() {
        MAY_USE.forEach((feature, allowed) -> noClasses()
                .that()
                .resideInAPackage("dev.carnelian." + feature + "..")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.carnelian..")
                        .and(DescribedPredicate.not(resideInAnyPackage(
                                java.util.stream.Stream.concat(allowed.stream(), java.util.stream.Stream.of(feature))
                                        .map(name -> "dev.carnelian." + name + "..")
                                        .toArray(String[]::new)))))
                .allowEmptyShould(true)
                .check(CLASSES));
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.carnelian.(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void librariesAreTouchedOnlyWhereTheyBelong() {
        ONLY_IN.forEach((library, homes) -> noClasses()
                .that(DescribedPredicate.not(resideInAnyPackage(homes.stream()
                        .map(home -> "dev.carnelian." + home + "..")
                        .toArray(String[]::new))))
                .should()
                .dependOnClassesThat(resideInAPackage(library))
                .allowEmptyShould(true)
                .check(CLASSES));
    }

    private static String featureOf(String packageName) {
        String[] parts = packageName.split("\\.", -1);
        return parts.length > 2 ? parts[2] : "";
    }

    /** Kept beside the rules so that a reader sees the import is not empty. */
    @Test
    void theClassesAreReallyRead() {
        assertThat(CLASSES.stream().map(JavaClass::getName)).contains("dev.carnelian.job.JobId");
    }
}
