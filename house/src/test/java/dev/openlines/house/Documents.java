// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The project's pages and what stands in their fenced blocks. */
final class Documents {

    // Surefire starts in the module's folder.
    static final Path ROOT = Path.of("").toAbsolutePath().getParent();

    private static final Pattern FENCE =
            Pattern.compile("^ *```([\\w-]*)\n(.*?)^ *```$", Pattern.DOTALL | Pattern.MULTILINE);

    private Documents() {}

    /**
     * A fenced block.
     *
     * @param page the page, from the project's root
     * @param language the language named at the fence, or empty if there is none
     * @param text what stands in it
     */
    record Block(String page, String language, String text) {}

    static List<Path> pages() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(file -> file.toString().endsWith(".md"))
                    .filter(file -> !ROOT.relativize(file).toString().matches("(.*/)?(target|node_modules|[.]git)/.*"))
                    .sorted()
                    .toList();
        }
    }

    static List<Block> blocks() throws IOException {
        List<Block> blocks = new ArrayList<>();
        for (Path page : pages()) {
            blocks.addAll(blocks(ROOT.relativize(page).toString(), Files.readString(page)));
        }
        return blocks;
    }

    static List<Block> blocks(String page, String text) {
        List<Block> blocks = new ArrayList<>();
        Matcher fences = FENCE.matcher(text);
        while (fences.find()) {
            blocks.add(new Block(page, fences.group(1), fences.group(2)));
        }
        return blocks;
    }

    static String withoutBlocks(String text) {
        return FENCE.matcher(text).replaceAll("");
    }
}
