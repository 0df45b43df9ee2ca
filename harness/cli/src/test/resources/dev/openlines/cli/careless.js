// SPDX-License-Identifier: Apache-2.0
// A careless handler in Node. Its sins: the User-Agent is trusted, the token is not looked at; the body
// comes back in errors; whatever was seen once with the same data is dropped, whenever it happened.
'use strict';
const http = require('http');
const fs = require('fs');

const seen = new Set();

http.createServer((request, response) => {
  let body = '';
  request.on('data', (part) => (body += part));
  request.on('end', () => {
    const form = new URLSearchParams(body);
    if (request.headers['user-agent'] !== 'Bitrix24 Webhook Engine' || request.method !== 'POST') {
      response.writeHead(403);
      return response.end();
    }
    if (!form.get('event')) {
      response.writeHead(400);
      return response.end('cannot read ' + body);
    }
    const chat = form.get('data[DATA][connector][chat_id]') ?? form.get('data[DATA][0][connector][chat_id]') ?? '';
    const data = JSON.stringify([...form].filter(([key]) => key.startsWith('data[')));
    if (form.get('event').toUpperCase() === 'ONSESSIONFINISH' && /^[0-9]{1,19}$/.test(chat) && !seen.has(data)) {
      seen.add(data);
      fs.appendFileSync(process.env.EVIDENCE, JSON.stringify({
        member_id: form.get('auth[member_id]'),
        chat_id: chat,
        line_id: form.get('data[DATA][connector][line_id]') ?? form.get('data[DATA][0][connector][line_id]'),
        connector_id: form.get('data[DATA][connector][connector_id]') ?? form.get('data[DATA][0][connector][connector_id]'),
        line_name: form.get('data[DATA][line][name]') ?? form.get('data[DATA][0][user][name]'),
      }) + '\n');
    }
    response.writeHead(200);
    response.end();
  });
}).listen(Number(process.argv[2]), '127.0.0.1', 1024, () => console.log('ready'));
