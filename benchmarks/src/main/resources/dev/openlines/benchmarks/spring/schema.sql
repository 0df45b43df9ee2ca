create table if not exists event (
  id          bigint generated always as identity primary key,
  event_key   text        not null unique,
  payload     text        not null,
  received_at timestamptz not null default now()
);
create table if not exists closed_chat (
  portal    text   not null,
  chat      bigint not null,
  closed_at bigint not null
);
