// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Loads the parser with the JSON interfaces alone, as in an application that has no implementation of them. */
class NoJsonProviderTest {

    private static final byte[] BODY = ("event=ONSESSIONFINISH&data[DATA][connector][chat_id]=11&ts=1"
                    + "&auth[member_id]=m&auth[application_token]=t")
            .getBytes(UTF_8);

    @Test
    void decodingNeedsNoneAndWhatDoesNamesOneEachTime() throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader bare = new URLClassLoader(bare(), ClassLoader.getPlatformClassLoader())) {
            thread.setContextClassLoader(bare);
            Class<?> format = bare.loadClass(BodyFormat.class.getName());
            Class<?> limits = bare.loadClass(Limits.class.getName());
            Class<?> decoder = bare.loadClass(EventDecoder.class.getName());
            Class<?> form = bare.loadClass(PhpForm.class.getName());
            Object formFormat = format.getField("FORM").get(null);
            Object limit = limits.getField("DEFAULT").get(null);

            Object decoded = decoder.getMethod("decode", byte[].class, format)
                    .invoke(decoder.getMethod("lenient").invoke(null), BODY, formFormat);

            assertThat(decoded.getClass().getClassLoader()).isSameAs(bare);
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() ->
                                form.getMethod("decode", byte[].class, limits).invoke(null, BODY, limit))
                        .isInstanceOf(InvocationTargetException.class)
                        .cause()
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("JSON values need a JSON-P provider on the class path or module path, such as"
                                + " org.eclipse.parsson:parsson");
            }
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** Returns our two artifacts and the interfaces of JSON-P and JSON-B. */
    private static URL[] bare() throws MalformedURLException {
        List<URL> entries = new ArrayList<>();
        for (String entry : System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                .split(File.pathSeparator)) {
            if (entry.matches(".*/((model|parser)/target/classes/?|openlines-model-.*[.]jar|jakarta[.]json.*[.]jar)")) {
                entries.add(Path.of(entry).toUri().toURL());
            }
        }
        assertThat(entries).hasSize(4);
        return entries.toArray(new URL[0]);
    }
}
