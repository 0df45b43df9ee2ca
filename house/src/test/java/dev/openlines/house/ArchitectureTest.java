// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.codeUnits;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules of CONTRIBUTING that bytecode can show, over the classes of all published modules. */
class ArchitectureTest {

    private static final JavaClasses OURS = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.openlines")
            .that(not(resideInAnyPackage("dev.openlines.house..", "dev.openlines.testkit..")));

    /** The command line: picocli commands and what stands in the same files. */
    private static final DescribedPredicate<JavaClass> COMMAND_LINE = describe(
            "the command line",
            type -> type.getPackageName().equals("dev.openlines.cli")
                    && type.getSimpleName().contains("Command"));

    private static final List<String> HARNESS =
            List.of("dev.openlines.portal", "dev.openlines.portal.wire", "dev.openlines.contract", "dev.openlines.cli");

    @ParameterizedTest
    @CsvSource({
        "model, 20",
        "parser, 25",
        "client, 25",
        "receiver, 30",
        "receiver.spi, 3",
        "tck, 3",
        "kafka, 15",
        "server, 10",
        "spring, 8",
        "portal, 40",
        "portal.wire, 8",
        "contract, 40",
        "cli, 25"
    })
    void theImportFindsTheClassesOfEachModule(String module, int atLeast) {
        long found = OURS.stream()
                .filter(type -> type.getPackageName().equals("dev.openlines." + module))
                .count();

        assertThat(found).as("classes of " + module).isGreaterThanOrEqualTo(atLeast);
    }

    @ParameterizedTest
    @CsvSource({
        "model, ''",
        "parser, model",
        "client, model parser",
        "receiver, model parser receiver.spi",
        "receiver.spi, model",
        "tck, model parser receiver",
        "kafka, model parser receiver receiver.spi",
        "server, model parser client receiver receiver.spi",
        "spring, model parser client receiver server portal",
        "portal, model parser portal.wire",
        "portal.wire, model parser",
        "contract, model parser portal portal.wire",
        "cli, model parser client portal portal.wire contract",
    })
    void theArrowsOfTheModulesPointOneWay(String module, String allowed) {
        String[] seen = Stream.concat(Stream.of(module), Arrays.stream(allowed.split(" ")))
                .filter(name -> !name.isEmpty())
                .map(name -> "dev.openlines." + name)
                .toArray(String[]::new);

        classes()
                .that()
                .resideInAPackage("dev.openlines." + module)
                .should()
                .onlyDependOnClassesThat(
                        not(resideInAPackage("dev.openlines..")).or(resideInAnyPackage(seen)))
                .because("docs/adr/0001 says who may see whom")
                .check(OURS);
    }

    @Test
    void modelNeedsTheJdkOnly() {
        classes()
                .that()
                .resideInAPackage("dev.openlines.model")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("dev.openlines.model", "java..", "org.jspecify.annotations")
                .check(OURS);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.openlines.(**)").should().beFreeOfCycles().check(OURS);
    }

    @Test
    void packagesAreFlat() {
        assertThat(OURS.stream().map(JavaClass::getPackageName).distinct())
                .isSubsetOf(List.of(
                        "dev.openlines.model",
                        "dev.openlines.parser",
                        "dev.openlines.client",
                        "dev.openlines.receiver",
                        "dev.openlines.receiver.spi",
                        "dev.openlines.tck",
                        "dev.openlines.kafka",
                        "dev.openlines.server",
                        "dev.openlines.spring",
                        "dev.openlines.portal",
                        "dev.openlines.portal.wire",
                        "dev.openlines.contract",
                        "dev.openlines.cli"));
    }

    @Test
    void everyPackageIsNullMarked() {
        classes()
                .that()
                .haveSimpleName("package-info")
                .should()
                .beAnnotatedWith(NullMarked.class)
                .check(OURS);
        assertThat(OURS.stream().map(JavaClass::getPackageName).distinct())
                .allMatch(name -> OURS.contain(name + ".package-info"));
    }

    @Test
    void onlyTheCommandLineUsesStandardStreams() {
        noClasses()
                .that(not(COMMAND_LINE))
                .and()
                // It speaks of a log that is not there.
                .doNotHaveFullyQualifiedName("dev.openlines.server.MissingLog")
                .should(ACCESS_STANDARD_STREAMS)
                .check(OURS);
    }

    @Test
    void nothingThrowsAnExceptionThatSaysNothing() {
        NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS.check(OURS);
    }

    @Test
    void namesAreWordsOfTheField() {
        noClasses()
                .should()
                .haveNameMatching(".*(Impl|Utils?|Manager|Helper)([$].*)?")
                .because("a function stands where its noun lives, and an implementation is called by what it is")
                .check(OURS);
    }

    @Test
    void noRecordHoldsASecretAsText() {
        noFields()
                .that()
                .areDeclaredInClassesThat(describe("are records", JavaClass::isRecord))
                .and()
                .areNotStatic()
                .and()
                .haveNameMatching("(?i).*(token|secret|password)")
                .should()
                .haveRawType(describe("text", ArchitectureTest::isText))
                .because("a record prints its components: wrap them in dev.openlines.model.Secret")
                .check(OURS);
    }

    @Test
    void theApiNamesNoHiddenType() {
        codeUnits()
                .that(describe("are API", ArchitectureTest::isApi))
                .should(new ArchCondition<>("name public types only") {
                    @Override
                    public void check(JavaCodeUnit unit, ConditionEvents events) {
                        named(unit)
                                .filter(type -> type.getPackageName().startsWith("dev.openlines"))
                                .filter(type -> !isVisible(type))
                                .forEach(type -> events.add(SimpleConditionEvent.violated(
                                        unit, unit.getFullName() + " names " + type.getName())));
                    }
                })
                .check(OURS);
    }

    @Test
    void foreignServersStayOutOfTheHarnessApi() {
        codeUnits()
                .that(describe(
                        "are API of the harness",
                        unit -> isApi(unit) && HARNESS.contains(unit.getOwner().getPackageName())))
                .should(new ArchCondition<>("name no type of WireMock, Jetty or servlets") {
                    @Override
                    public void check(JavaCodeUnit unit, ConditionEvents events) {
                        named(unit)
                                .filter(resideInAnyPackage(
                                        "com.github.tomakehurst..",
                                        "org.wiremock..",
                                        "wiremock..",
                                        "org.eclipse.jetty..",
                                        "jakarta.servlet.."))
                                .forEach(type -> events.add(SimpleConditionEvent.violated(
                                        unit, unit.getFullName() + " names " + type.getName())));
                    }
                })
                .check(OURS);
    }

    @ParameterizedTest
    @CsvSource({
        "model, model",
        "parser, parser",
        "client, client",
        "receiver, receiver",
        "inbox-tck, tck",
        "kafka, kafka",
        "server, server",
        "spring-boot-starter, spring",
        "portal, portal portal.wire",
        "contract, contract",
        "cli, cli"
    })
    void everyPublicTypeHasItsReasonInTheList(String module, String packages) throws IOException {
        List<String> homes = Stream.of(packages.split(" "))
                .map(name -> "dev.openlines." + name)
                .toList();
        String list = Files.readString(Path.of("..", "docs", "api.md"))
                .split("\n## " + module + ": ")[1]
                .split("\n## ")[0];
        List<String> listed = Pattern.compile("^\\| `(\\w+)` \\| \\S", Pattern.MULTILINE)
                .matcher(list)
                .results()
                .map(row -> row.group(1))
                .toList();

        assertThat(OURS.stream()
                        .filter(type -> homes.contains(type.getPackageName()))
                        .filter(type -> type.getEnclosingClass().isEmpty())
                        .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                        .filter(type -> !isTypedEvent(type))
                        .map(JavaClass::getSimpleName))
                .as("public types of %s, against docs/api.md", module)
                .containsExactlyInAnyOrderElementsOf(listed);
        assertThat(list).contains("\n" + listed.size() + " types.\n");
    }

    /** Looks the events up on their page, since the list of public types leaves them out. */
    @Test
    void everyEventHasARowOnThePageOfTheWireFormat() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "wire-format.md"));

        assertThat(OURS.stream().filter(ArchitectureTest::isTypedEvent).map(JavaClass::getSimpleName))
                .hasSizeGreaterThan(15)
                .allSatisfy(name -> assertThat(page).containsPattern("(?m)^(\\| |## .*)" + name + "\\b"));
    }

    private static boolean isTypedEvent(JavaClass type) {
        return type.isRecord()
                && type.getSimpleName().startsWith("On")
                && type.isAssignableTo("dev.openlines.model.Event");
    }

    /** Spares an application that uses two modules from writing a type with its package. */
    @Test
    void noNameInTheListOfPublicTypesStandsForTwo() throws IOException {
        List<String> names = Pattern.compile("^\\| `(\\w+)` \\| \\S", Pattern.MULTILINE)
                .matcher(Files.readString(Path.of("..", "docs", "api.md")))
                .results()
                .map(row -> row.group(1))
                .toList();

        assertThat(names).hasSizeGreaterThan(150).doesNotHaveDuplicates();
    }

    /** Tells whether a member is public or protected, in a type that users can reach. */
    private static boolean isApi(JavaCodeUnit unit) {
        return isVisible(unit.getOwner())
                && (unit.getModifiers().contains(JavaModifier.PUBLIC)
                        || unit.getModifiers().contains(JavaModifier.PROTECTED))
                && !unit.getModifiers().contains(JavaModifier.SYNTHETIC);
    }

    private static boolean isVisible(JavaClass type) {
        JavaClass element = type.getBaseComponentType();
        return element.getModifiers().contains(JavaModifier.PUBLIC)
                && element.getEnclosingClass().map(ArchitectureTest::isVisible).orElse(true);
    }

    private static Stream<JavaClass> named(JavaCodeUnit unit) {
        return Stream.concat(
                Stream.concat(Stream.of(unit.getReturnType()), unit.getParameterTypes().stream())
                        .flatMap(type -> type.getAllInvolvedRawTypes().stream()),
                unit.getExceptionTypes().stream());
    }

    private static boolean isText(JavaClass type) {
        return List.of("java.lang.String", "java.lang.CharSequence", "char[]", "byte[]")
                .contains(type.getName());
    }
}
