// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
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

/** The graph of the published modules on the page of the architecture has the arrows that the POMs have, and no other. */
class ModuleGraphTest {

    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

    private static final Pattern GRAPH = Pattern.compile("```mermaid\nflowchart BT\n(.*?)```", Pattern.DOTALL);
    private static final Pattern ARROW = Pattern.compile("  [a-z-]+ (-->|-[.]->) [a-z-]+");

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
        Element project = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(pom.toFile())
                .getDocumentElement();
        List<Element> managed = children(project, "dependencyManagement");
        Element holder = managed.isEmpty() ? project : managed.get(0);
        return children(holder, "dependencies").stream()
                .flatMap(all -> children(all, "dependency").stream())
                .toList();
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
