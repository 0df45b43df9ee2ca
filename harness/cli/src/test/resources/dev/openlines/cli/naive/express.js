// SPDX-License-Identifier: Apache-2.0
// A handler as tutorials of Express show one. Not to copy: FrameworksTest has the cases that it fails.
const express = require('express');
const fs = require('fs');

const app = express();
app.use(express.json());
app.use(express.urlencoded({ extended: true }));

app.post('/hook', (req, res) => {
  const { event, data, auth } = req.body;
  console.log('event', event);
  if (auth.application_token !== process.env.APPLICATION_TOKEN) {
    return res.status(403).send('Forbidden');
  }
  if (event === 'ONSESSIONFINISH') {
    const { connector, line } = data.DATA;
    const closed = {
      member_id: auth.member_id,
      chat_id: parseInt(connector.chat_id),
      line_id: connector.line_id,
      connector_id: connector.connector_id,
      line_name: line.name,
    };
    fs.appendFileSync(process.env.EVIDENCE, JSON.stringify(closed) + '\n');
  }
  res.send('OK');
});

app.listen(process.env.PORT, '127.0.0.1');
