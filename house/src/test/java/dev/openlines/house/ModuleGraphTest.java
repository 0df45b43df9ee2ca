// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The page of the architecture has the arrows that the POMs have, and the root POM has what several of them share. */
class ModuleGraphTest {

    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

    private static final Pattern GRAPH = Pattern.compile("```mermaid\nflowchart BT\n(.*?)```", Pattern.DOTALL);
    private static final Pattern ARROW = Pattern.compile("  [a-z-]+ (-->|-[.]->) [a-z-]+");

    /** The libraries that fewer modules name, but that come by several ways and must have one version. */
    private static final Set<String> COME_BY_SEVERAL_WAYS = Set.of("jakarta.json.bind-api", "kafka-clients", "parsson");

    @Test
    void theGraphOfTheArchitectureIsThatOfThePoms() throws Exception {
        Set<String> published = new TreeSet<>();
        for (Element dependency : dependencies(ROOT.resolve("bom/pom.xml"))) {
            published.add(module(dependency));
        }
        Set<String> arrows = new TreeSet<>();
        Set<String> found = new TreeSet<>();
        for (Path folder : folders()) {
            String module = String.valueOf(folder.getFileName());
            if (published.contains(module)) {
                found.add(module);
                for (Element dependency : dependencies(folder.resolve("pom.xml"))) {
                    if (text(dependency, "groupId").equals("dev.openlines")
                            && !text(dependency, "scope").equals("test")) {
                        String arrow = text(dependency, "optional").equals("true") ? " -.-> " : " --> ";
                        arrows.add(module + arrow + module(dependency));
                    }
                }
            }
        }
        assertThat(found).as("modules of the BOM").isNotEmpty().isEqualTo(published);

        Matcher graph = GRAPH.matcher(Files.readString(ROOT.resolve("docs/architecture.md")));
        assertThat(graph.find()).as("a graph that begins with flowchart BT").isTrue();
        List<String> lines = graph.group(1).lines().toList();
        assertThat(lines).allSatisfy(line -> assertThat(line).matches(ARROW));
        assertThat(lines).map(String::strip).containsExactlyInAnyOrderElementsOf(arrows);
    }

    /** Checks that the version of a library that one module names stands in that module: docs/adr/0069. */
    @Test
    void theRootPomManagesOnlyWhatSeveralModulesName() throws Exception {
        List<Path> poms;
        try (Stream<Path> files = Files.walk(ROOT, 4)) {
            poms = files.filter(file -> file.endsWith("pom.xml"))
                    .filter(file -> !ROOT.relativize(file).toString().matches(".*/(target|src)/.*"))
                    .toList();
        }
        List<String> named = new ArrayList<>();
        for (Path pom : poms) {
            for (Element dependency : dependenciesIn(project(pom))) {
                named.add(text(dependency, "artifactId"));
            }
        }
        List<String> managed = dependencies(ROOT.resolve("pom.xml")).stream()
                .filter(dependency -> !text(dependency, "scope").equals("import"))
                .map(dependency -> text(dependency, "artifactId"))
                .toList();

        assertThat(poms).hasSizeGreaterThan(20);
        assertThat(managed)
                .containsAll(COME_BY_SEVERAL_WAYS)
                .filteredOn(library -> !COME_BY_SEVERAL_WAYS.contains(library))
                .allSatisfy(library -> assertThat(Collections.frequency(named, library))
                        .as("modules that name %s", library)
                        .isGreaterThan(1));
    }

    private static List<Path> folders() throws Exception {
        try (Stream<Path> top = Files.list(ROOT);
                Stream<Path> harness = Files.list(ROOT.resolve("harness"))) {
            return Stream.concat(top, harness)
                    .filter(folder -> Files.exists(folder.resolve("pom.xml")))
                    .toList();
        }
    }

    /** Returns the dependencies of a POM, or those that it manages if it has no others. */
    private static List<Element> dependencies(Path pom) throws Exception {
        Element project = project(pom);
        List<Element> managed = children(project, "dependencyManagement");
        return dependenciesIn(managed.isEmpty() ? project : managed.get(0));
    }

    private static List<Element> dependenciesIn(Element holder) {
        return children(holder, "dependencies").stream()
                .flatMap(all -> children(all, "dependency").stream())
                .toList();
    }

    private static Element project(Path pom) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(pom.toFile())
                .getDocumentElement();
    }

    private static String module(Element dependency) {
        return text(dependency, "artifactId").replaceFirst("^openlines-", "");
    }

    private static String text(Element parent, String name) {
        List<Element> found = children(parent, name);
        return found.isEmpty() ? "" : found.get(0).getTextContent().strip();
    }

    private static List<Element> children(Element parent, String name) {
        NodeList nodes = parent.getChildNodes();
        return IntStream.range(0, nodes.getLength())
                .mapToObj(nodes::item)
                .filter(Element.class::isInstance)
                .map(Element.class::cast)
                .filter(element -> element.getTagName().equals(name))
                .toList();
    }
}
