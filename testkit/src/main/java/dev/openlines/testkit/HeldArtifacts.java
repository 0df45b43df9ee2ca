// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;

/**
 * The artifacts that a jar holds beside its own classes, by comparison with this test's class path, and what the jar does
 * not say of them: its bill of materials must name each with its version, and the Maven metadata of each must be inside.
 *
 * @param names the artifacts that the jar holds
 * @param unsaid a sentence for each thing that is missing
 */
public record HeldArtifacts(Set<String> names, List<String> unsaid) {

    private static final String BILL = "META-INF/sbom/application.cdx.json";

    /** A jar in the folder of a build, by its name. */
    private static final Pattern BUILT = Pattern.compile("([a-z][a-z0-9-]*?)-(\\d.*)[.]jar");

    /**
     * Looks into a jar.
     *
     * @param jar a jar that holds its dependencies
     * @return what it holds
     */
    public static HeldArtifacts of(Path jar) {
        HeldArtifacts found = new HeldArtifacts(new TreeSet<>(), new ArrayList<>());
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        try (JarFile whole = new JarFile(jar.toFile())) {
            Set<String> entries = names(whole);
            ZipEntry bill = whole.getEntry(BILL);
            if (bill == null) {
                found.unsaid.add("there is no " + BILL);
                return found;
            }
            String text = new String(whole.getInputStream(bill).readAllBytes(), StandardCharsets.UTF_8);
            for (String entry : classPath.split(File.pathSeparator)) {
                Path part = Path.of(entry);
                if (Files.isRegularFile(part)) {
                    found.look(part, entries, text);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    private void look(Path part, Set<String> entries, String bill) throws IOException {
        Set<String> own;
        try (JarFile jar = new JarFile(part.toFile())) {
            own = names(jar);
        }
        if (!holds(entries, own)) {
            return;
        }
        int last = part.getNameCount() - 1;
        String folder = part.getName(last - 1).toString();
        Matcher built = BUILT.matcher(part.getName(last).toString());
        boolean ours = folder.equals("target") && built.matches();
        String artifact = ours ? built.group(1) : part.getName(last - 2).toString();
        String version = ours ? built.group(2) : folder;
        names.add(artifact);
        if (!bill.contains("/" + artifact + "@" + version)) {
            unsaid.add("the bill does not name " + artifact + " " + version);
        }
        own.stream()
                .filter(name -> name.startsWith("META-INF/maven/") && name.endsWith("/" + artifact + "/pom.properties"))
                .filter(name -> !entries.contains(name))
                .forEach(name -> unsaid.add("there is no " + name));
    }

    /** Tells whether most classes of an artifact are in the jar, or a file of one that has none. */
    private static boolean holds(Set<String> entries, Set<String> artifact) {
        List<String> classes = artifact.stream()
                .filter(name -> name.endsWith(".class") && !name.endsWith("module-info.class"))
                .toList();
        if (classes.isEmpty()) {
            return artifact.stream().anyMatch(name -> name.startsWith("META-INF/resources/") && entries.contains(name));
        }
        return 2 * classes.stream().filter(entries::contains).count() > classes.size();
    }

    private static Set<String> names(JarFile jar) {
        return jar.stream()
                .filter(entry -> !entry.isDirectory())
                .map(ZipEntry::getName)
                .collect(Collectors.toSet());
    }
}
