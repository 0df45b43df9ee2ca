// SPDX-License-Identifier: Apache-2.0
/**
 * Request bodies to events and events to request bodies: PHP forms and JSON, by one tree.
 */
module dev.openlines.parser {
    requires transitive dev.openlines.model;
    requires transitive jakarta.json;
    requires transitive jakarta.json.bind;
    // Annotations only: the jar is not needed at run time.
    requires static org.jspecify;

    exports dev.openlines.parser;
}
