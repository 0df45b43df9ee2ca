// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.AppStatus;
import dev.openlines.model.Event;
import dev.openlines.model.EventHeader;
import dev.openlines.model.OnAppInstall;
import dev.openlines.model.OnAppMethodConfirm;
import dev.openlines.model.OnAppPayment;
import dev.openlines.model.OnAppTest;
import dev.openlines.model.OnAppUninstall;
import dev.openlines.model.OnAppUpdate;
import org.jspecify.annotations.Nullable;

/**
 * The events about the application itself, whose fields stand in {@code data} side by side: how each is
 * read and how it is written, in the platform's order.
 */
final class AppEvents {

    private AppEvents() {}

    /** Reads the event that the header names; null where it is none of these. */
    static @Nullable Event read(EventReader reader, EventHeader header) {
        return switch (header.code()) {
            case OnAppInstall.CODE -> {
                int data = reader.dataBlock();
                yield new OnAppInstall(
                        header,
                        reader.text(data, Name.VERSION),
                        reader.flag(data, Name.ACTIVE),
                        reader.flag(data, Name.INSTALLED),
                        reader.text(data, Name.LANGUAGE_ID));
            }
            case OnAppUpdate.CODE -> {
                int data = reader.dataBlock();
                yield new OnAppUpdate(
                        header,
                        reader.text(data, Name.VERSION),
                        reader.text(data, Name.PREVIOUS_VERSION),
                        reader.text(data, Name.LANGUAGE_ID));
            }
            case OnAppUninstall.CODE -> {
                int data = reader.dataBlock();
                yield new OnAppUninstall(header, reader.flag(data, Name.CLEAN), reader.text(data, Name.LANGUAGE_ID));
            }
            case OnAppPayment.CODE -> payment(reader, header);
            case OnAppMethodConfirm.CODE -> {
                int data = reader.dataBlock();
                yield new OnAppMethodConfirm(
                        header,
                        reader.secret(data, Name.TOKEN),
                        reader.text(data, Name.METHOD),
                        reader.flag(data, Name.CONFIRMED),
                        reader.text(data, Name.LANGUAGE_ID));
            }
            case OnAppTest.CODE -> {
                int data = reader.dataBlock();
                yield new OnAppTest(
                        header, reader.payload(reader.field(data, Name.QUERY)), reader.text(data, Name.LANGUAGE_ID));
            }
            default -> null;
        };
    }

    private static Event payment(EventReader reader, EventHeader header) {
        int data = reader.dataBlock();
        String status = reader.text(data, Name.STATUS_UPPER);
        int days = reader.field(data, Name.DAYS);
        long left = days == Tree.NONE ? -1 : reader.leniently(days, Integer.MAX_VALUE, "a number of days");
        return new OnAppPayment(
                header,
                reader.text(data, Name.CODE),
                reader.text(data, Name.VERSION),
                status == null ? null : new AppStatus(status),
                reader.flag(data, Name.PAYMENT_EXPIRED),
                left < 0 ? null : left,
                reader.text(data, Name.LANGUAGE_ID));
    }

    /** Writes what stands in {@code data}. */
    static void write(Event event, EventWriter writer, FieldWriter out) {
        if (event instanceof OnAppInstall install) {
            out.text("VERSION", install.version());
            out.text("ACTIVE", EventWriter.yesOrNo(install.active()));
            out.text("INSTALLED", EventWriter.yesOrNo(install.installed()));
            out.text("LANGUAGE_ID", install.languageId());
        } else if (event instanceof OnAppUpdate update) {
            out.text("VERSION", update.version());
            out.text("PREVIOUS_VERSION", update.previousVersion());
            out.text("LANGUAGE_ID", update.languageId());
        } else if (event instanceof OnAppUninstall uninstall) {
            out.number("CLEAN", oneOrZero(uninstall.clean()));
            out.text("LANGUAGE_ID", uninstall.languageId());
        } else if (event instanceof OnAppPayment payment) {
            out.text("CODE", payment.appCode());
            out.text("VERSION", payment.version());
            out.text(
                    "STATUS", payment.status() == null ? null : payment.status().code());
            out.text("PAYMENT_EXPIRED", EventWriter.yesOrNo(payment.paymentExpired()));
            out.number("DAYS", payment.days());
            out.text("LANGUAGE_ID", payment.languageId());
        } else if (event instanceof OnAppMethodConfirm confirm) {
            out.text("TOKEN", EventWriter.reveal(confirm.token()));
            out.text("METHOD", confirm.method());
            out.number("CONFIRMED", oneOrZero(confirm.confirmed()));
            out.text("LANGUAGE_ID", confirm.languageId());
        } else if (event instanceof OnAppTest test) {
            writer.payload("QUERY", test.query());
            out.text("LANGUAGE_ID", test.languageId());
        } else {
            throw new IllegalStateException("no way to write " + event.code());
        }
    }

    private static @Nullable Long oneOrZero(@Nullable Boolean value) {
        return value == null ? null : value ? 1L : 0L;
    }
}
