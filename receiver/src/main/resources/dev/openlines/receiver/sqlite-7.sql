-- The chats of an event beside the one in inbox.order_key: few events have several.
create table inbox_chat (
  order_key text not null,
  inbox_id  integer not null references inbox (id) on delete cascade,
  primary key (order_key, inbox_id)
) without rowid;
create index inbox_chat_of on inbox_chat (inbox_id);
