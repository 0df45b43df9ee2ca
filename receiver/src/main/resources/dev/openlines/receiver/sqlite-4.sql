-- The parts of an event whose work a handler has committed here: chats by their id, the whole event by an empty
-- name. A retry skips them.
create table inbox_progress (
  inbox_id     integer not null references inbox (id) on delete cascade,
  part         text    not null,
  committed_at integer not null,
  primary key (inbox_id, part)
) without rowid;

-- The run of a receiver that has used this file last.
create table openlines_store (
  generation text not null
);
insert into openlines_store (generation) values ('');
