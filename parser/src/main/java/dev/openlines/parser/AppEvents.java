// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.AppStatus;
import dev.openlines.model.EventHeader;
import dev.openlines.model.OnAppInstall;
import dev.openlines.model.OnAppMethodConfirm;
import dev.openlines.model.OnAppPayment;
import dev.openlines.model.OnAppTest;
import dev.openlines.model.OnAppUninstall;
import dev.openlines.model.OnAppUpdate;
import dev.openlines.model.OnOfflineEvent;
import dev.openlines.model.OnSubscriptionRenew;
import java.util.List;

/** The events about the application itself, whose fields are directly in {@code data}. */
final class AppEvents {

    static final List<EventType<?>> ROWS = List.of(
            new EventType<OnAppInstall>(OnAppInstall.CODE, OnAppInstall.class) {
                @Override
                OnAppInstall read(EventHeader header, EventReader in) {
                    Node data = in.dataBlock();
                    return new OnAppInstall(
                            header,
                            in.text(data, Name.VERSION),
                            in.flag(data, Name.ACTIVE),
                            in.flag(data, Name.INSTALLED),
                            in.text(data, Name.LANGUAGE_ID));
                }

                @Override
                void write(OnAppInstall event, EventWriter out) {
                    out.text("VERSION", event.version());
                    out.yesOrNo("ACTIVE", event.active());
                    out.yesOrNo("INSTALLED", event.installed());
                    out.text("LANGUAGE_ID", event.languageId());
                }
            },
            new EventType<OnAppUpdate>(OnAppUpdate.CODE, OnAppUpdate.class) {
                @Override
                OnAppUpdate read(EventHeader header, EventReader in) {
                    Node data = in.dataBlock();
                    return new OnAppUpdate(
                            header,
                            in.text(data, Name.VERSION),
                            in.text(data, Name.PREVIOUS_VERSION),
                            in.text(data, Name.LANGUAGE_ID));
                }

                @Override
                void write(OnAppUpdate event, EventWriter out) {
                    out.text("VERSION", event.version());
                    out.text("PREVIOUS_VERSION", event.previousVersion());
                    out.text("LANGUAGE_ID", event.languageId());
                }
            },
            new EventType<OnAppUninstall>(OnAppUninstall.CODE, OnAppUninstall.class) {
                @Override
                OnAppUninstall read(EventHeader header, EventReader in) {
                    Node data = in.dataBlock();
                    return new OnAppUninstall(header, in.flag(data, Name.CLEAN), in.text(data, Name.LANGUAGE_ID));
                }

                @Override
                void write(OnAppUninstall event, EventWriter out) {
                    out.oneOrZero("CLEAN", event.clean());
                    out.text("LANGUAGE_ID", event.languageId());
                }
            },
            new EventType<OnAppPayment>(OnAppPayment.CODE, OnAppPayment.class) {
                @Override
                OnAppPayment read(EventHeader header, EventReader in) {
                    Node data = in.dataBlock();
                    String status = in.text(data, Name.STATUS_UPPER);
                    Node days = in.field(data, Name.DAYS);
                    long left = days == null ? -1 : in.leniently(days, Integer.MAX_VALUE, "a number of days");
                    return new OnAppPayment(
                            header,
                            in.text(data, Name.CODE),
                            in.text(data, Name.VERSION),
                            status == null ? null : new AppStatus(status),
                            in.flag(data, Name.PAYMENT_EXPIRED),
                            left < 0 ? null : left,
                            in.text(data, Name.LANGUAGE_ID));
                }

                @Override
                void write(OnAppPayment event, EventWriter out) {
                    out.text("CODE", event.appCode());
                    out.text("VERSION", event.version());
                    out.text(
                            "STATUS",
                            event.status() == null ? null : event.status().code());
                    out.yesOrNo("PAYMENT_EXPIRED", event.paymentExpired());
                    out.number("DAYS", event.days());
                    out.text("LANGUAGE_ID", event.languageId());
                }
            },
            new EventType<OnAppMethodConfirm>(OnAppMethodConfirm.CODE, OnAppMethodConfirm.class) {
                @Override
                OnAppMethodConfirm read(EventHeader header, EventReader in) {
                    Node data = in.dataBlock();
                    return new OnAppMethodConfirm(
                            header,
                            in.secret(data, Name.TOKEN),
                            in.text(data, Name.METHOD),
                            in.flag(data, Name.CONFIRMED),
                            in.text(data, Name.LANGUAGE_ID));
                }

                @Override
                void write(OnAppMethodConfirm event, EventWriter out) {
                    out.secret("TOKEN", event.token());
                    out.text("METHOD", event.method());
                    out.oneOrZero("CONFIRMED", event.confirmed());
                    out.text("LANGUAGE_ID", event.languageId());
                }
            },
            new EventType<OnAppTest>(OnAppTest.CODE, OnAppTest.class) {
                @Override
                OnAppTest read(EventHeader header, EventReader in) {
                    Node data = in.dataBlock();
                    return new OnAppTest(
                            header, in.payload(in.field(data, Name.QUERY)), in.text(data, Name.LANGUAGE_ID));
                }

                @Override
                void write(OnAppTest event, EventWriter out) {
                    out.payload("QUERY", event.query());
                    out.text("LANGUAGE_ID", event.languageId());
                }
            },
            new EventType<OnOfflineEvent>(OnOfflineEvent.CODE, OnOfflineEvent.class) {
                @Override
                OnOfflineEvent read(EventHeader header, EventReader in) {
                    in.noteUnexpectedData();
                    return new OnOfflineEvent(header);
                }

                @Override
                void write(OnOfflineEvent event, EventWriter out) {}

                @Override
                void writeData(OnOfflineEvent event, EventWriter out) {}
            },
            new EventType<OnSubscriptionRenew>(OnSubscriptionRenew.CODE, OnSubscriptionRenew.class) {
                @Override
                OnSubscriptionRenew read(EventHeader header, EventReader in) {
                    return new OnSubscriptionRenew(header);
                }

                @Override
                void write(OnSubscriptionRenew event, EventWriter out) {}

                @Override
                void writeData(OnSubscriptionRenew event, EventWriter out) {}
            });

    private AppEvents() {}
}
