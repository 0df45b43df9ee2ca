// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds English that has to be read twice, in comments and texts of Java and other languages, in names of tests and in
 * pages. A machine sees only some of it:
 * "where" that means "if", a method's summary without a verb, a comment without a subject, a sentence that begins with
 * "What", a word that this project does not use. "Where" is allowed for places, if the words around it show that it is one.
 */
final class English {

    /**
     * A place to repair.
     *
     * @param rule the name of the rule that it breaks
     * @param line the line in the file, from 1
     * @param excerpt the text around it
     */
    record Fault(String rule, int line, String excerpt) {}

    static final String BANNED = "banned-word";
    static final String NO_VERB = "no-verb";
    static final String QUESTION = "question-summary";
    static final String NO_SUBJECT = "fragment";

    private static final Pattern TOKEN = Pattern.compile("\"\"\"[\\s\\S]*?\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*\""
            + "|'(?:\\\\.|[^'\\\\])+'|//[^\\n]*(?:\\n[ \\t]*//[^\\n]*)*|/\\*[\\s\\S]*?\\*/");

    private static final String TEXTS = "\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\\\n])*'|";

    /**
     * The comments and texts of a language.
     *
     * @param token finds the next of them
     * @param mark what begins and ends a comment, or a line of it
     */
    private record Syntax(Pattern token, Pattern mark) {

        static Syntax of(String token, String mark) {
            return new Syntax(Pattern.compile(token), Pattern.compile(mark));
        }

        static Syntax ofFile(String name) {
            return name.endsWith(".xml")
                    ? of("<!--[\\s\\S]*?-->", "<!--|-->")
                    : name.endsWith(".sql")
                            ? of("--[^\\n]*(?:\\n[ \\t]*--[^\\n]*)*", "--")
                            : name.matches(".*[.](?:php|m?js|c|css|groovy)")
                                    ? of(
                                            TEXTS + "//[^\\n]*(?:\\n[ \\t]*//[^\\n]*)*|/\\*[\\s\\S]*?\\*/",
                                            "^/[*]+|[*]+/$|(?m)^\\s*[*](?!/)|//")
                                    : of(
                                            "\"\"\"[\\s\\S]*?\"\"\"|" + TEXTS
                                                    + "(?m)(?:^|(?<=\\s))#[^\\n]*(?:\\n[ \\t]*#[^\\n]*)*",
                                            "(?m)^\\s*#+!?|\"\"\"");
        }
    }

    /** A method that returns nothing, such as a test, whose name is a sentence. */
    private static final Pattern NAME = Pattern.compile("\\bvoid\\s+([a-z]\\w*)\\s*\\(");

    /** Text that is no prose: code, quotations, links, and the title "where" of a table's column. */
    private static final Pattern NOT_PROSE = Pattern.compile(
            "\\{@(?:code|link|linkplain|literal)\\s[^{}]*}|`[^`]*`|\"[^\"]*\"|\\]\\([^)]*\\)|\\| [w]here \\||[*][w]here[*]");

    private static final String NOTHING = "\\b(?i:null|empty|none|absent|nothing|zero|0|true|false)\\s+where\\b";

    /** An indirect question is no condition, and neither is what follows the name of a place. */
    private static final String PLACE =
            "(?<!(?:\\b(?:places?|folder|file|line|page|host|address|from|to|of|is|are|was|about"
                    + "|exactly|and|says?|said|shows?|tells?|knows?|sees?|finds?|learns?|asks?|[Rr]eturns|decides?|names?"
                    + "|remembers|depends?\\son|for|stands?|stays?|continues?|begins?)|@return|@param\\s{1,9}\\w{1,60}),?\\s{1,99}where)";

    private static final Map<String, Pattern> RULES = new LinkedHashMap<>();

    static {
        RULES.put("null-where", Pattern.compile(NOTHING + "|@throws\\s+\\S+\\s+where\\b"));
        RULES.put(
                "where-for-if",
                Pattern.compile("\\bwhere\\b(?!\\s+(?:to|from|else)\\b)" + PLACE
                        + "(?<!@throws\\s{1,9}\\S{1,99}\\s{1,99}where)"
                        + "(?<!\\b(?i:null|empty|none|absent|nothing|zero|0|true|false)\\s{1,99}where)"));
        RULES.put(
                BANNED,
                Pattern.compile(
                        "(?i)\\b(?:nobody|somebody|puts?\\s+aside|putting\\s+aside|believ(?:e|es|ed|ing)|park(?:s|ed|ing)?"
                                + "|as\\s+it\\s+were|(?<!-)mend(?:s|ed|ing)?)\\b"));
        RULES.put("of-which", Pattern.compile("\\b(?:of|in|by|from|to|with|on|at)\\s+(?:which|whom)\\b"));
        RULES.put(
                "riddle",
                Pattern.compile("(?<=[.:;!]\\s{1,99}|^\\s{0,99}(?:[-*]\\s)?)"
                        + "(?:What|Who|Whom|Whose|Whoever|Whatever|Whether|Where|Which|That\\swhich)\\b(?![^.?]*\\?)"));
    }

    private static final Pattern SQL =
            Pattern.compile("(?i)\\b(?:select|insert into|update \\w+|delete from|on conflict|create \\w+)\\b"
                    + "|\\bwhere\\s*(?:\\(|[a-z_.]+\\s*(?:=|<|>|in\\b|is\\b|not\\b)|true|1\\b|$)|^\\W*where\\b");

    private static final Pattern QUESTION_WORD =
            Pattern.compile("(?:What|Who|Whom|Whose|Whoever|Whether|Where|How|As|Which|The same)\\b.*", Pattern.DOTALL);

    /** A comment without a subject, such as "Of an earlier run." or "As a kill leaves it." */
    private static final Pattern FRAGMENT =
            Pattern.compile("\\s*(?:(?:Of|Than|In what|By(?! default\\b))\\s.*|As\\s[^,]*)", Pattern.DOTALL);

    private static final Pattern FIRST_WORD =
            Pattern.compile("^(\\s*)(?:What|Who|Whom|Whose|Whoever|Whether|Where|Which)\\b");

    /** Annotations, comments, then a declaration up to its body, value or end. */
    private static final Pattern DECLARATION =
            Pattern.compile("\\s*(?:@\\w+(?:[.]\\w+)*(?:\\((?:[^()\"]|\"(?:\\\\.|[^\"\\\\])*\"|\\([^()]*\\))*\\))?\\s*"
                    + "|//[^\\n]*\\n\\s*)*+([^{;=]*)");

    private static final Pattern TYPE = Pattern.compile("\\b(?:class|interface|enum|record|module)\\s");
    private static final Pattern CONSTANT = Pattern.compile("[A-Z0-9_]+\\s*\\(.*", Pattern.DOTALL);
    private static final Pattern VERB = Pattern.compile(
            "(?!(?:This|Its|Always|Besides|Perhaps|Unless)\\b)[A-Z][a-z]+s\\b.*" + "|\\{@inheritDoc}.*",
            Pattern.DOTALL);

    private English() {}

    /** Returns the faults in a Java source: its comments and texts. */
    static List<Fault> inJava(String source) {
        List<Fault> faults = new ArrayList<>();
        Matcher tokens = TOKEN.matcher(source);
        while (tokens.find()) {
            String token = tokens.group();
            int line = lines(source, tokens.start()) + 1;
            if (token.startsWith("/")) {
                String prose = blanked(token, Pattern.compile("^/[*]+|[*]+/$|(?m)^\\s*[*](?!/)|//"));
                boolean doc = token.startsWith("/**");
                rules(doc ? withoutFirstWord(prose) : prose, line, true, faults);
                if (FRAGMENT.matcher(prose).matches()) {
                    faults.add(new Fault(NO_SUBJECT, line, excerpt(prose, 0)));
                }
                if (doc) {
                    summary(prose.strip(), declaration(source, tokens.end()), line, faults);
                }
            } else if (token.startsWith("\"") && token.contains(" ")) {
                rules(token.replace('"', ' '), line, false, faults);
            }
        }
        NAME.matcher(source).results().forEach(name -> {
            String sentence = name.group(1).replaceAll("(?<=[a-z0-9])(?=[A-Z])", " ");
            if (RULES.get(BANNED).matcher(sentence).find()) {
                faults.add(new Fault(BANNED, lines(source, name.start()) + 1, name.group(1)));
            }
        });
        return faults;
    }

    /** Returns the faults in a source of another language than Java, which the file's name tells. */
    static List<Fault> inSource(String file, String source) {
        List<Fault> faults = new ArrayList<>();
        Syntax syntax = Syntax.ofFile(file);
        Matcher tokens = syntax.token().matcher(source);
        while (tokens.find()) {
            String token = tokens.group();
            int line = lines(source, tokens.start()) + 1;
            if (token.matches("(?s)[\"'](?!\"\").*")) {
                if (token.contains(" ")) {
                    rules(token.replace('"', ' '), line, false, faults);
                }
                continue;
            }
            String prose = blanked(token, syntax.mark());
            rules(prose, line, true, faults);
            if (FRAGMENT.matcher(prose).matches()) {
                faults.add(new Fault(NO_SUBJECT, line, excerpt(prose, 0)));
            }
        }
        return faults;
    }

    /** Returns the faults in a page, of Markdown or another kind of text. */
    static List<Fault> inPage(String text) {
        List<Fault> faults = new ArrayList<>();
        String[] lines = text.split("\n", -1);
        for (int index = 0; index < lines.length; index++) {
            rules(lines[index], index + 1, true, faults);
        }
        return faults;
    }

    private static void rules(String text, int line, boolean page, List<Fault> faults) {
        String prose = page ? blanked(text, NOT_PROSE) : text;
        if (!page && SQL.matcher(text).find()) {
            return;
        }
        RULES.forEach((name, rule) -> {
            if (page || !name.equals("riddle") && !name.equals("of-which")) {
                rule.matcher(prose)
                        .results()
                        .forEach(found -> faults.add(
                                new Fault(name, line + lines(prose, found.start()), excerpt(text, found.start()))));
            }
        });
    }

    private static void summary(String text, String declaration, int line, List<Fault> faults) {
        if (QUESTION_WORD.matcher(text).matches()) {
            faults.add(new Fault(QUESTION, line, excerpt(text, 0)));
        } else if (isCall(declaration) && !VERB.matcher(text).matches()) {
            faults.add(new Fault(NO_VERB, line, excerpt(text, 0)));
        }
    }

    /** Returns a javadoc whose first word only the rules of summaries see. */
    private static String withoutFirstWord(String prose) {
        return FIRST_WORD.matcher(prose).replaceFirst("$1_");
    }

    private static String declaration(String source, int from) {
        Matcher found = DECLARATION.matcher(source).region(from, source.length());
        return found.lookingAt() ? found.group(1).strip() : "";
    }

    /** Tells methods and constructors from types, fields and the constants of an enum. */
    private static boolean isCall(String declaration) {
        int parameters = declaration.indexOf('(');
        return parameters > 0
                && !TYPE.matcher(declaration.substring(0, parameters)).find()
                && !CONSTANT.matcher(declaration).matches();
    }

    /** Replaces each match by spaces, so that all other characters keep their places. */
    private static String blanked(String text, Pattern what) {
        return what.matcher(text).replaceAll(found -> found.group().replaceAll("[^\\n]", " "));
    }

    private static int lines(String text, int end) {
        return (int) text.substring(0, end).chars().filter(c -> c == '\n').count();
    }

    private static String excerpt(String text, int at) {
        return text.substring(Math.max(0, at - 40), Math.min(text.length(), at + 70))
                .replaceAll("\\s+[*/]*\\s*", " ")
                .strip();
    }
}
