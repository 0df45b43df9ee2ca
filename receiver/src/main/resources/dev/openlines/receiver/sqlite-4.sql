-- The parts of an event whose work a handler has committed here: chats by their id, the whole event by an empty
-- name. A retry skips them.
create table inbox_progress (
  inbox_id     integer not null references inbox (id) on delete cascade,
  part         text    not null,
  committed_at integer not null,
  primary key (inbox_id, part)
) without rowid;

-- Tells this store from others. A copy of the store has it too.
create table openlines_store (
  id text not null
);
insert into openlines_store (id) values (lower(hex(randomblob(16))));
