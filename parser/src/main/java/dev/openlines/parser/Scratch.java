// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A tree, its readers, and buffers for writing, used by one call at a time. A finished call wipes its scratch space and
 * leaves it to a later call.
 */
final class Scratch {

    /** Scratch space of finished calls, which the next call takes if it can. */
    private static final AtomicReferenceArray<Scratch> SCRATCH = new AtomicReferenceArray<>(16);

    private static final int KEPT_BYTES = 256 * 1024;

    final Tree tree = new Tree(64, 2048);
    final KeyParts parts = new KeyParts();
    final JsonText text = new JsonText();
    private final FormReader form = new FormReader(tree);
    private final JsonReader json = new JsonReader(tree);

    private Scratch() {}

    /** Returns empty scratch space, which must be given back. */
    static Scratch take() {
        Scratch scratch = SCRATCH.getAndSet(slot(), null);
        return scratch == null ? new Scratch() : scratch;
    }

    /** Wipes this and leaves it to another call, unless it has become large. */
    void giveBack() {
        tree.wipe();
        form.forget();
        json.forget();
        parts.wipe();
        text.wipe();
        if (tree.retainedBytes() + parts.retainedBytes() + text.retainedBytes() <= KEPT_BYTES) {
            SCRATCH.set(slot(), this);
        }
    }

    private static int slot() {
        return (int) Thread.currentThread().getId() & SCRATCH.length() - 1;
    }

    void read(byte[] body, BodyFormat format, Limits limits) {
        if (format == BodyFormat.FORM) {
            form.read(body, limits);
        } else {
            json.read(body, limits);
        }
    }
}
