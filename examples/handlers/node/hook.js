// SPDX-License-Identifier: Apache-2.0
// A handler in Node 18 or newer, without libraries: PORT=8080 node hook.js
// MEMBER_ID and APPLICATION_TOKEN: the portal to trust. STORE: a folder.
'use strict';
const http = require('http');
const fs = require('fs');
const path = require('path');
const crypto = require('crypto');

const { MEMBER_ID, APPLICATION_TOKEN, STORE, PORT } = process.env;
const LONGEST_BODY = 524288;

/** Compares in a time that tells nothing. */
const digest = (text) => crypto.createHash('sha256').update(text).digest();
const equal = (a, b) => crypto.timingSafeEqual(digest(a), digest(b));

/** Undoes the form's escapes; a broken one stays as it is. */
function decode(text) {
  const bytes = [];
  for (let i = 0; i < text.length; i++) {
    const hex = text[i] === '%' ? text.slice(i + 1, i + 3) : '';
    if (/^[0-9a-fA-F]{2}$/.test(hex)) {
      bytes.push(parseInt(hex, 16));
      i += 2;
    } else {
      bytes.push(text[i] === '+' ? 32 : text.charCodeAt(i) & 255);
    }
  }
  return Buffer.from(bytes).toString('utf8');
}

/** The fields by their names; null if one of auth comes twice, or is a list: it proves nothing then. */
function fields(body) {
  const all = new Map();
  for (const pair of body.split('&')) {
    const at = pair.indexOf('=');
    const key = decode(at < 0 ? pair : pair.slice(0, at));
    if (/^auth(\[|$)/.test(key) && (all.has(key) || !/^auth\[[^\[\]]+\]$/.test(key))) return null;
    all.set(key, at < 0 ? '' : decode(pair.slice(at + 1)));
  }
  return all;
}

/** The closed chats of an event: one, or a list of them, the documentation has shown both. */
function chats(form) {
  const found = new Map();
  for (const [key, value] of form) {
    const match = /^data\[DATA\](?:\[(\d{1,4})\])?\[(connector|chat|line|user)\]\[(\w+)\]$/.exec(key);
    if (match) {
      const index = match[1] ?? '';
      if (!found.has(index)) found.set(index, new Map());
      found.get(index).set(match[2] + '.' + match[3], value);
    }
  }
  return [...found.values()];
}

/** One line of JSON for each closed chat: what your own code works on. */
function closes(form) {
  let lines = '';
  for (const chat of chats(form)) {
    const id = chat.get('connector.chat_id') ?? chat.get('chat.chat_id') ?? chat.get('chat.id') ?? '';
    // Text, not a number: JavaScript rounds above 2^53.
    const digits = /^0*([1-9][0-9]{0,18})$/.exec(id);
    if (digits) {
      lines += JSON.stringify({
        member_id: MEMBER_ID,
        chat_id: digits[1],
        line_id: chat.get('connector.line_id') ?? chat.get('line.id'),
        connector_id: chat.get('connector.connector_id'),
        line_name: chat.get('line.name') ?? chat.get('user.name'),
      }) + '\n';
    }
  }
  return lines;
}

/** Writes a file once, whole and on disk, however many processes try at a time; throws if that is not possible. */
function store(name, content) {
  const file = path.join(STORE, name);
  if (fs.existsSync(file)) return;
  const part = path.join(STORE, crypto.randomBytes(16).toString('hex') + '.part');
  try {
    fs.writeFileSync(part, content, { flag: 'wx' });
    const open = fs.openSync(part, 'r+');
    fs.fsyncSync(open);
    fs.closeSync(open);
    // A link to a name that exists already fails: of equal events at a time, one wins.
    fs.linkSync(part, file);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  } finally {
    fs.rmSync(part, { force: true });
  }
}

function judge(body) {
  if (body.split('&', 1001).length > 1000) return 400;
  const form = fields(body);
  if (form === null || ![...form.keys()].some((key) => key.startsWith('auth['))) return 400;
  const member = form.get('auth[member_id]') ?? '';
  // Both are compared before anything else of the event is read.
  const right = equal(form.get('auth[application_token]') ?? '', APPLICATION_TOKEN) & equal(member, MEMBER_ID);
  if (!right || fs.existsSync(path.join(STORE, 'uninstalled'))) return 403;
  const event = (form.get('event') ?? '').toUpperCase();
  if (event === '') return 400;
  if (event === 'ONAPPUNINSTALL') store('uninstalled', '\n');
  if (event !== 'ONSESSIONFINISH') return 200;
  // No delivery has an id: portal, time and data are what makes an event the same. auth differs each time.
  const data = [...form].filter(([key]) => key.startsWith('data[')).sort();
  const key = crypto.createHash('sha256').update(JSON.stringify([member, form.get('ts') ?? null, data])).digest('hex');
  const lines = closes(form);
  if (lines !== '') store(key + '.json', lines);
  return 200;
}

function status(body) {
  try {
    return judge(body);
  } catch (error) {
    console.error('not stored:', error.code);
    return 503;
  }
}

const server = http.createServer((request, response) => {
  const parts = [];
  let size = 0;
  const done = (code) => {
    if (response.headersSent) return;
    const head = { 'Content-Length': 0 };
    if (code === 405) head.Allow = 'POST';
    if (code >= 400) head.Connection = 'close';
    response.writeHead(code, head);
    response.end();
  };
  const type = (request.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
  if (request.method !== 'POST') return done(405);
  if (type !== 'application/x-www-form-urlencoded') return done(415);
  if (Number(request.headers['content-length'] ?? 0) > LONGEST_BODY) return done(413);
  request.on('data', (part) => {
    size += part.length;
    if (size > LONGEST_BODY) return done(413);
    parts.push(part);
  });
  request.on('end', () => done(size > LONGEST_BODY ? 413 : status(Buffer.concat(parts).toString('latin1'))));
  request.on('error', () => {});
});
server.requestTimeout = 60000;
server.listen({ port: Number(PORT ?? 8080), host: '127.0.0.1', backlog: 1024 });
