// SPDX-License-Identifier: Apache-2.0
package consumer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.EventDecoder;
import dev.openlines.parser.Limits;
import dev.openlines.parser.PhpForm;

/** Decodes a form, and asks for JSON values, which take an implementation of JSON-P that nothing here brings. */
public final class App {

    private App() {}

    public static void main(String[] args) {
        String body = "event=ONSESSIONFINISH&data[DATA][connector][connector_id]=livechat"
                + "&data[DATA][connector][line_id]=7&data[DATA][connector][chat_id]=11"
                + "&data[DATA][connector][user_id]=3&data[DATA][chat][chat_id]=11"
                + "&ts=1700000000&auth[member_id]=m&auth[application_token]=t";
        OnSessionFinish finish = (OnSessionFinish)
                EventDecoder.lenient().decode(body.getBytes(UTF_8), BodyFormat.FORM).event();
        System.out.println("closed chat=" + finish.chats().get(0).chatId());
        try {
            System.out.println(PhpForm.decode(body.getBytes(UTF_8), Limits.DEFAULT));
        } catch (IllegalStateException e) {
            System.out.println(e.getMessage());
        }
    }
}
