-- The portals that the receiver trusts, beside those it is told of when it starts, and until when. A token is kept
-- as its SHA-256 digest, in hexadecimal. Without an end it is valid; an end in the past says that it was revoked,
-- even if the receiver is told of it again. Each change has a number, so that other nodes find what is new.
create table portal_token (
  member_id   text    not null,
  digest      text    not null,
  valid_until integer,
  change      integer not null,
  primary key (member_id, digest)
);
create index portal_token_change on portal_token (change);
