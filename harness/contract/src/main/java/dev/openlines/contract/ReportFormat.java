// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

/** The formats of {@link ContractReport#text}. */
public enum ReportFormat {
    /** For a terminal: group by group, failures in full. */
    TREE,
    /** One JSON object on a line for each case. */
    JSONL,
    /** JUnit's XML, as Jenkins, GitLab and GitHub read it. */
    JUNIT,
    /** One page that needs no network: matrix, exchanges as text and hex, burst, ledger. */
    HTML,
    /** A summary in Markdown, for a merge request. */
    MD
}
