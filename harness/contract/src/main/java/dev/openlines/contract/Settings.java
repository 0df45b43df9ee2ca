// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import dev.openlines.model.Secret;
import dev.openlines.parser.EventCapture;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The settings of a run. They are changed only before the run begins. */
final class Settings implements Cloneable {

    URI handler;
    String memberId;
    Secret proof;
    String domain = "portal.bitrix24.test";

    @Nullable
    String secondMemberId;

    @Nullable
    Secret secondProof;

    @Nullable
    URI secondHandler;

    Set<Profile> profiles = EnumSet.of(Profile.CORE);
    List<String> only = List.of();
    List<String> exclude = List.of();

    @Nullable
    Level level;

    boolean webhooks;
    boolean slow;

    /** Shapes to send events in, besides those of the catalogue. */
    List<EventCapture> captures = List.of();

    /** The file or folder of the captures. */
    @Nullable
    Path capturesFrom;

    /** Set if the run goes on when the first good event is not acknowledged. */
    boolean goOn = true;

    /** Tells whether the handler records installations; null if it is not declared, and the run finds out. */
    @Nullable
    Boolean installing;

    /** Set if a proxy stands before the handler. If it is not declared, the run finds out. */
    boolean proxied;

    /** Set if a queue acknowledges events before the handler sees them. */
    boolean queued;

    /** The file or folder that the handler stores events in. */
    @Nullable
    Path store;

    /** A command that prints what the handler stores. */
    @Nullable
    String storeCommand;

    @Nullable
    EffectSource evidence;

    @Nullable
    String handlerCommand;

    @Nullable
    String ready;

    /** The address of a second instance on the same store, and the command that starts it; null if there is none. */
    @Nullable
    URI secondInstance;

    @Nullable
    String secondCommand;

    @Nullable
    String secondReady;

    Duration readyWithin = Duration.ofSeconds(30);
    String stopSignal = "TERM";
    List<Path> logs = List.of();

    @Nullable
    String slowOn;

    @Nullable
    String slowOff;

    @Nullable
    String breakStore;

    @Nullable
    String mendStore;

    Duration ackMax = Duration.ofSeconds(5);
    Duration ackP95 = Duration.ofMillis(500);
    Duration burstP99 = Duration.ofSeconds(2);
    Duration settle = Duration.ofSeconds(10);

    /** The run ends after silence of this length, in addition to the wait for one answer. */
    Duration silence = Duration.ofSeconds(30);

    /** The time without a line of progress after which one names the cases that run. */
    Duration lull = Duration.ofSeconds(15);

    /** The time that slow processing needs to end its present work after its hook ends. */
    Duration slowness = Duration.ofSeconds(30);

    @Nullable
    Duration timeLimit;

    int jobs = 4;
    int burst = 1000;
    boolean insecure;
    boolean allowPublic;

    @Nullable
    Long seed;

    @Nullable
    Long at;

    Settings(URI handler, String memberId, Secret proof) {
        this.handler = handler;
        this.memberId = memberId;
        this.proof = proof;
    }

    Settings copy() {
        try {
            return (Settings) clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("it is cloneable", e);
        }
    }

    /** Returns whether the case is selected. The profile durable includes core; edge does not. */
    boolean selects(ContractCase one) {
        if (only.stream().anyMatch(pattern -> one.matches(pattern))) {
            return !excluded(one);
        }
        if (!only.isEmpty() || excluded(one)) {
            return false;
        }
        boolean inProfile = profiles.contains(one.profile())
                || (one.profile() == Profile.CORE && profiles.contains(Profile.DURABLE));
        if (Boolean.FALSE.equals(installing) && one.installations()) {
            return false;
        }
        boolean inLevel = level == null || one.level().compareTo(level) <= 0;
        return inProfile
                && inLevel
                && (webhooks || !one.webhooks())
                && (!captures.isEmpty() || !one.captures())
                && (secondCommand != null || !one.instances());
    }

    /** Returns the flag with the captures for a shell; empty if there are none. */
    String captureFlag() {
        return capturesFrom == null
                ? ""
                : " --captures '" + capturesFrom.toString().replace("'", "'\\''") + "'";
    }

    private boolean excluded(ContractCase one) {
        return exclude.stream().anyMatch(pattern -> one.matches(pattern));
    }
}
