-- Times are milliseconds since 1970. An attempt is counted when it begins, so one that kills the
-- process counts too. A lease moves not_before to its end: an event whose owner died comes up again
-- by itself.
create table inbox (
  id              integer primary key autoincrement,
  idempotency_key text    not null unique,
  member_id       text    not null,
  event           text    not null,
  order_key       text    not null,
  payload         text    not null,
  body_bytes      integer not null,
  received_at     integer not null,
  state           text    not null default 'waiting' check (state in ('waiting', 'done', 'dead')),
  not_before      integer not null,
  attempts        integer not null default 0,
  leases          integer not null default 0,
  lease_owner     text,
  lease_until     integer,
  finished_at     integer,
  dead_reason     text
);
create index inbox_waiting on inbox (not_before, id) where state = 'waiting';
create index inbox_order on inbox (order_key, id) where state = 'waiting' and order_key <> '';
create index inbox_dead on inbox (id) where state = 'dead';
create index inbox_finished on inbox (finished_at) where state <> 'waiting';

-- The outcome of each attempt that did not end well.
create table inbox_history (
  inbox_id integer not null references inbox (id) on delete cascade,
  attempt  integer not null,
  at       integer not null,
  outcome  text    not null,
  reason   text    not null
);
create index inbox_history_of on inbox_history (inbox_id);

-- The same key, but not the same content.
create table inbox_conflict (
  inbox_id    integer not null references inbox (id) on delete cascade,
  payload     text    not null,
  received_at integer not null,
  unique (inbox_id, payload)
);
