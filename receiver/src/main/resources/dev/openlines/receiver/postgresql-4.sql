-- The parts of an event whose work a handler has committed here: chats by their id, the whole event by an empty
-- name. A retry skips them.
create table inbox_progress (
  inbox_id     bigint not null references inbox (id) on delete cascade,
  part         text   not null,
  committed_at bigint not null,
  primary key (inbox_id, part)
);
