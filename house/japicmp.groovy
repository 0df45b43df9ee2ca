// SPDX-License-Identifier: Apache-2.0
// Constructors of records are not API (docs/adr/0009): a component may be appended.
jApiClasses.each { type ->
    def parent = type.superclass.newSuperclassName
    if (parent.isPresent() && parent.get() == 'java.lang.Record') {
        type.constructors.each { it.compatibilityChanges.clear() }
    }
}
return jApiClasses
