// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One numbered requirement of the catalogue. An id is never reused: if a case is removed, no other case gets its id.
 * Immutable.
 */
public final class ContractCase {

    private final Case about;
    private final Method program;
    private final String id;
    private final Set<Oracle> oracles;

    private ContractCase(Case about, Method program) {
        this.about = about;
        this.program = program;
        id = String.format(Locale.ROOT, "OSF-C-%03d", about.id());
        oracles = Collections.unmodifiableSet(EnumSet.copyOf(List.of(about.needs())));
    }

    /** Returns the cases whose programs are methods of a class. */
    static Stream<ContractCase> of(Class<?> subject) {
        return Stream.of(subject.getDeclaredMethods()).flatMap(method -> {
            Case about = method.getAnnotation(Case.class);
            return about == null ? Stream.empty() : Stream.of(new ContractCase(about, method));
        });
    }

    /** Runs the case's program. */
    void run(CaseRun run) throws InterruptedException {
        try {
            program.invoke(null, run);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("the program of " + id + " cannot be called", e);
        } catch (InvocationTargetException e) {
            Throwable cause = e.getCause();
            if (cause instanceof InterruptedException interrupted) {
                throw interrupted;
            } else if (cause instanceof RuntimeException fault) {
                throw fault;
            } else if (cause instanceof Error fault) {
                throw fault;
            }
            throw new IllegalStateException("the program of " + id + " failed", cause);
        }
    }

    /**
     * Returns the id that names the case in every report, baseline and flag.
     *
     * @return such as {@code OSF-C-101}
     */
    public String id() {
        return id;
    }

    /**
     * Returns the level of the case.
     *
     * @return the level
     */
    public Level level() {
        return about.level();
    }

    /**
     * Returns the kind of handlers that the case is for.
     *
     * @return the profile
     */
    public Profile profile() {
        return about.profile();
    }

    /**
     * Returns the sources that the verdict is read from.
     *
     * @return all sources that are needed to pass
     */
    public Set<Oracle> oracles() {
        return oracles;
    }

    /**
     * Returns a description of the requests that the handler gets.
     *
     * @return a phrase
     */
    public String sent() {
        return about.sends();
    }

    /**
     * Returns the requirement on the handler.
     *
     * @return a sentence
     */
    public String requirement() {
        return about.requires();
    }

    /**
     * Returns the origin of the requirement.
     *
     * @return the platform's source, its documentation, captured requests, a standard, or practice
     */
    public String provenance() {
        return about.source();
    }

    /**
     * Tells whether the case is for handlers that take outgoing webhooks too.
     *
     * @return true if the handler must declare that
     */
    public boolean webhooks() {
        return declared(Declaration.WEBHOOKS);
    }

    /**
     * Tells whether the case sends events in the shapes of captures.
     *
     * @return true if the run needs captures
     */
    public boolean captures() {
        return declared(Declaration.CAPTURES);
    }

    /**
     * Tells whether the case is for handlers that may run as two instances on one store.
     *
     * @return true if the run needs a second instance
     */
    public boolean instances() {
        return declared(Declaration.INSTANCES);
    }

    /**
     * Returns how the verdict is reached.
     *
     * @return one or two sentences
     */
    public String rule() {
        String needed = oracles.stream().map(Oracle::name).collect(Collectors.joining(", "));
        return "Fails as soon as one part of the requirement is seen to be broken; passes when all of it was looked at"
                + " through " + needed + "; without one of these it is not observed.";
    }

    boolean installations() {
        return declared(Declaration.INSTALLATIONS);
    }

    Lane lane() {
        return about.lane();
    }

    private boolean declared(Declaration declaration) {
        return List.of(about.declared()).contains(declaration);
    }

    /**
     * Tells whether the case sends nothing, because its verdict depends on the results of the other cases of the run.
     *
     * @return true if it needs other cases in the run
     */
    public boolean afterwards() {
        return lane() == Lane.AFTER;
    }

    /**
     * Tells whether a pattern names the case.
     *
     * @param pattern an id, its number alone, or either with an asterisk at the end
     * @return true if the pattern names it
     */
    public boolean matches(String pattern) {
        String whole = pattern.matches("[0-9*]+") ? "OSF-C-" + pattern : pattern;
        int star = whole.indexOf('*');
        return star < 0 ? id.equals(whole) : id.startsWith(whole.substring(0, star));
    }

    /**
     * Returns the letter of the group, by the hundred of the number.
     *
     * @return {@code A} to {@code J}
     */
    public char group() {
        return (char) ('A' + Integer.parseInt(id.substring(6)) / 100);
    }

    @Override
    public String toString() {
        return id + " " + level() + " " + requirement();
    }
}
