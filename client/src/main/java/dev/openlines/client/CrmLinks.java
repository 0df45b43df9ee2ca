// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The objects of the portal's CRM that a chat is linked with. The links stay when the chat is closed.
 *
 * @param mainObject the object that the chat belongs to, null if none; second and third part of wire field {@code
 *     entity_data_1}, if its first part is {@code Y}
 * @param objects every linked object, without repetition, the main one first; pairs of wire field {@code entity_data_2}
 */
public record CrmLinks(@Nullable CrmObject mainObject, List<CrmObject> objects) {

    static final CrmLinks NONE = new CrmLinks(null, List.of());

    private static final Pattern ID = Pattern.compile("[1-9][0-9]{0,17}");

    public CrmLinks {
        objects = List.copyOf(objects);
    }

    /** Reads {@code Y|LEAD|1205|…} and {@code LEAD|1205|COMPANY|0|CONTACT|0|DEAL|0}; what is neither is no link. */
    static CrmLinks of(@Nullable String data1, @Nullable String data2) {
        List<String> first = parts(data1);
        List<CrmObject> found = new ArrayList<>();
        CrmObject main = !first.isEmpty() && first.get(0).equals("Y") ? objectOrNull(first, 1) : null;
        if (main != null) {
            found.add(main);
        }
        List<String> pairs = parts(data2);
        for (int i = 0; i < pairs.size(); i += 2) {
            CrmObject object = objectOrNull(pairs, i);
            if (object != null && !found.contains(object)) {
                found.add(object);
            }
        }
        return found.isEmpty() ? NONE : new CrmLinks(main, found);
    }

    private static List<String> parts(@Nullable String data) {
        return data == null ? List.of() : List.of(data.split("\\|", -1));
    }

    private static @Nullable CrmObject objectOrNull(List<String> parts, int at) {
        return at + 1 < parts.size()
                        && !parts.get(at).isBlank()
                        && ID.matcher(parts.get(at + 1)).matches()
                ? new CrmObject(parts.get(at), Long.parseLong(parts.get(at + 1)))
                : null;
    }

    /**
     * Returns the object that the chat belongs to.
     *
     * @return empty if the chat belongs to none
     */
    public Optional<CrmObject> main() {
        return Optional.ofNullable(mainObject);
    }

    /**
     * Returns the linked object of a type.
     *
     * @param type such as {@link CrmObject#DEAL}
     * @return empty if there is none
     */
    public Optional<CrmObject> find(String type) {
        Objects.requireNonNull(type, "type");
        return objects.stream()
                .filter(object -> object.type().equalsIgnoreCase(type))
                .findFirst();
    }
}
