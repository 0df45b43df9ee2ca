// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One numbered requirement of the catalogue. An id is never reused: if a case is removed, no other case gets its id.
 * Immutable.
 */
public final class ContractCase {

    /** A declaration without which the case is not applicable. */
    private enum Need {
        WEBHOOKS,
        INSTALLATIONS,
        CAPTURES,
        INSTANCES
    }

    private final String id;
    private final Level level;
    private final Profile profile;
    private final Set<Oracle> oracles;
    private final String sent;
    private final String requirement;
    private final String provenance;
    private final Lane lane;
    private final Set<Need> needs;
    private final @Nullable Script script;

    private ContractCase(
            String id,
            Level level,
            Profile profile,
            Set<Oracle> oracles,
            String sent,
            String requirement,
            String provenance,
            Lane lane,
            Set<Need> needs,
            @Nullable Script script) {
        this.id = id;
        this.level = level;
        this.profile = profile;
        this.oracles = oracles;
        this.sent = sent;
        this.requirement = requirement;
        this.provenance = provenance;
        this.lane = lane;
        this.needs = needs;
        this.script = script;
    }

    /** Creates the case {@code OSF-C-number} of the core profile, without a script yet. */
    static ContractCase numbered(
            int number, Level level, String oracles, String sent, String requirement, String provenance) {
        Set<Oracle> set = EnumSet.noneOf(Oracle.class);
        oracles.chars().filter(c -> c != ' ').forEach(c -> set.add(Oracle.valueOf(Character.toString(c))));
        return new ContractCase(
                String.format(java.util.Locale.ROOT, "OSF-C-%03d", number),
                level,
                Profile.CORE,
                Collections.unmodifiableSet(set),
                sent,
                requirement,
                provenance,
                Lane.QUICK,
                Set.of(),
                null);
    }

    ContractCase in(Profile value) {
        return new ContractCase(id, level, value, oracles, sent, requirement, provenance, lane, needs, script);
    }

    /** Limits the case to handlers that declare outgoing webhooks. */
    ContractCase forWebhooks() {
        return needing(Need.WEBHOOKS);
    }

    /** Limits the case to handlers that do not take their portal from settings alone. */
    ContractCase forInstallations() {
        return needing(Need.INSTALLATIONS);
    }

    /** Limits the case to runs that got captures. */
    ContractCase forCaptures() {
        return needing(Need.CAPTURES);
    }

    /** Limits the case to handlers of which two instances may run on one store. */
    ContractCase forInstances() {
        return needing(Need.INSTANCES);
    }

    private ContractCase needing(Need need) {
        return new ContractCase(id, level, profile, oracles, sent, requirement, provenance, lane, Set.of(need), script);
    }

    ContractCase runs(Lane where, Script what) {
        return new ContractCase(id, level, profile, oracles, sent, requirement, provenance, where, needs, what);
    }

    ContractCase runs(Script what) {
        return runs(Lane.QUICK, what);
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
        return level;
    }

    /**
     * Returns the kind of handlers that the case is for.
     *
     * @return the profile
     */
    public Profile profile() {
        return profile;
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
        return sent;
    }

    /**
     * Returns the requirement on the handler.
     *
     * @return a sentence
     */
    public String requirement() {
        return requirement;
    }

    /**
     * Returns the origin of the requirement.
     *
     * @return the platform's source, its documentation, captured requests, a standard, or practice
     */
    public String provenance() {
        return provenance;
    }

    /**
     * Tells whether the case is for handlers that take outgoing webhooks too.
     *
     * @return true if the handler must declare that
     */
    public boolean webhooks() {
        return needs.contains(Need.WEBHOOKS);
    }

    /**
     * Tells whether the case sends events in the shapes of captures.
     *
     * @return true if the run needs captures
     */
    public boolean captures() {
        return needs.contains(Need.CAPTURES);
    }

    /**
     * Tells whether the case is for handlers of which two instances may run on one store.
     *
     * @return true if the run needs a second instance
     */
    public boolean instances() {
        return needs.contains(Need.INSTANCES);
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
        return needs.contains(Need.INSTALLATIONS);
    }

    Lane lane() {
        return lane;
    }

    Script script() {
        return Objects.requireNonNull(script, id);
    }

    /**
     * Tells whether the case sends nothing, because its verdict depends on the results of the other cases of the run.
     *
     * @return true if it needs other cases in the run
     */
    public boolean afterwards() {
        return lane == Lane.AFTER;
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
        return id + " " + level + " " + requirement;
    }
}
