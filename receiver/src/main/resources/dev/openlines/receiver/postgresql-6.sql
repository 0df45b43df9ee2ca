-- One row per chat of each OnSessionFinish, and one per close that was found in a portal's list of sessions. It says
-- which closes are known, also when their events have been purged. Times are seconds of the portal's clock, but for
-- recorded_at, which is in milliseconds. In order of time, so that rows that come together stand together.
create table session_close (
  member_id   text    not null,
  at          bigint not null,
  chat_id     bigint not null,
  event_key   text    not null,
  repeats     text,
  state       text    not null,
  origin      text    not null,
  handler_id  bigint not null,
  line_id     bigint,
  user_id     bigint,
  connector   text,
  session_id  bigint,
  closed_at   bigint,
  utc_offset  bigint not null,
  hour        bigint not null,
  recorded_at bigint not null,
  primary key (member_id, at, chat_id, event_key)
);
-- Closes whose event may still come: few, so storing an event costs little more.
create index session_close_open on session_close (member_id, chat_id, closed_at) where state in ('OPEN', 'REPORTED');

-- The events that came after their close had been found, as they came.
create table session_late (
  event_key   text    not null primary key,
  member_id   text    not null,
  payload     text    not null,
  received_at bigint not null
);
create index session_late_received on session_late (received_at);

-- How far each portal has been compared. since, watermark, accepted_until and offset_changed are seconds of the portal's
-- clock, the other times milliseconds of this database's clock.
create table reconcile_state (
  member_id      text    not null primary key,
  since          bigint not null,
  watermark      bigint not null,
  swept_at       bigint not null default 0,
  next_at        bigint not null default 0,
  idle           bigint not null default 0,
  last_success   bigint not null default 0,
  lease_owner    text,
  lease_until    bigint not null default 0,
  generation     bigint not null default 0,
  accepted_until bigint not null default 0,
  held           text,
  utc_offset     bigint,
  offset_changed bigint not null default 0,
  most_missing   bigint not null default 0
);

alter table inbox add column origin text not null default 'event';
alter table inbox add column session_id bigint;
alter table inbox add column closed_at bigint;
