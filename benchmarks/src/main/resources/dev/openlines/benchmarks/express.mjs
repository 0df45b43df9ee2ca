// SPDX-License-Identifier: Apache-2.0
// A handler as a team would write it: the token is checked, a repeat is told by a unique key, and the event and its
// effect are one transaction, on the disk before the answer.
import crypto from 'node:crypto';
import express from 'express';
import Database from 'better-sqlite3';

const [file, member, token] = process.argv.slice(2);
const db = new Database(file);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec(`create table event (id integer primary key, event_key text not null unique, payload text not null,
  received_at integer not null);
  create table closed_chat (portal text not null, chat integer not null, closed_at integer not null);`);
const insert = db.prepare(
  'insert into event (event_key, payload, received_at) values (?, ?, ?) on conflict (event_key) do nothing');
const effect = db.prepare('insert into closed_chat (portal, chat, closed_at) values (?, ?, ?)');
const handle = db.transaction((body, key) => {
  if (insert.run(key, JSON.stringify({ event: body.event, data: body.data, ts: body.ts }), Date.now()).changes === 1) {
    effect.run(body.auth.member_id, Number(body.data.DATA.connector.chat_id), Number(body.ts));
  }
});
const digest = (text) => crypto.createHash('sha256').update(String(text)).digest();
const right = digest(token);

const app = express();
app.disable('x-powered-by');
app.use(express.urlencoded({ extended: true, limit: '512kb' }));
app.post('/', (request, response) => {
  const body = request.body;
  if (body?.auth?.member_id !== member || !crypto.timingSafeEqual(digest(body.auth.application_token), right)) {
    return response.status(403).end();
  }
  const key = digest(JSON.stringify([body.auth.member_id, body.event, body.ts, body.data])).toString('hex');
  handle(body, key);
  return response.status(200).end();
});
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
