// SPDX-License-Identifier: Apache-2.0
// A right handler in Node: node correct.js PORT
'use strict';
const http = require('http');
const fs = require('fs');
const crypto = require('crypto');

const { MEMBER_ID, APPLICATION_TOKEN, EVIDENCE } = process.env;
const LIMIT = 524288;
const seen = new Set();
let installed = true;

const digest = (text) => crypto.createHash('sha256').update(text).digest();
const equal = (a, b) => crypto.timingSafeEqual(digest(a), digest(b));

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

/** Flat: the key as it is written; null if something is given twice or is both value and block. */
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

function judge(request, body) {
  if (request.method !== 'POST') return 405;
  const type = (request.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return 415;
  if (body === null) return 413;
  if (body.split('&', 1001).length > 1000) return 400;
  const form = fields(body);
  if (form === null) return 400;
  const member = form.get('auth[member_id]') ?? '';
  const right = equal(form.get('auth[application_token]') ?? '', APPLICATION_TOKEN) & equal(member, MEMBER_ID);
  if (!right || !installed) return body.length === 0 || ![...form.keys()].some((key) => key.startsWith('auth[')) ? 400 : 403;
  const event = (form.get('event') ?? '').toUpperCase();
  if (event === '') return 400;
  if (event === 'ONAPPUNINSTALL') installed = false;
  if (event !== 'ONSESSIONFINISH') return 200;
  const data = [...form].filter(([key]) => key.startsWith('data[')).sort();
  const key = crypto.createHash('sha256').update(JSON.stringify([member, form.get('ts') ?? null, data])).digest('hex');
  if (seen.has(key)) return 200;
  seen.add(key);
  for (const chat of chats(form)) {
    const id = chat.get('connector.chat_id') ?? chat.get('chat.chat_id') ?? chat.get('chat.id') ?? '';
    const digits = /^0*([1-9][0-9]{0,18})$/.exec(id);
    if (digits) {
      fs.appendFileSync(EVIDENCE, JSON.stringify({
        member_id: member,
        chat_id: digits[1],
        line_id: chat.get('connector.line_id') ?? chat.get('line.id'),
        connector_id: chat.get('connector.connector_id'),
        line_name: chat.get('line.name') ?? chat.get('user.name'),
      }) + '\n');
    }
  }
  return 200;
}

const server = http.createServer((request, response) => {
  const parts = [];
  let size = 0;
  const done = (status) => {
    if (response.headersSent) return;
    const head = { 'Content-Length': 0 };
    if (status === 405) head.Allow = 'POST';
    if (status >= 400) head.Connection = 'close';
    response.writeHead(status, head);
    response.end();
    if (status === 413) request.destroySoon?.();
  };
  if (Number(request.headers['content-length'] ?? 0) > LIMIT) return done(413);
  request.on('data', (part) => {
    size += part.length;
    if (size > LIMIT) return done(413);
    parts.push(part);
  });
  request.on('end', () => done(size > LIMIT ? 413 : judge(request, Buffer.concat(parts).toString('latin1'))));
  request.on('error', () => {});
});
server.requestTimeout = 60000;
server.listen(Number(process.argv[2]), '127.0.0.1', 1024, () => console.log('ready'));
