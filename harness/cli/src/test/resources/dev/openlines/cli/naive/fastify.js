// SPDX-License-Identifier: Apache-2.0
// A handler as tutorials of Fastify show one. Not to copy: FrameworksTest has the cases that it fails.
const fs = require('fs/promises');
const fastify = require('fastify')({ logger: true });
fastify.register(require('@fastify/formbody'));

fastify.post('/hook', async (request, reply) => {
  const body = request.body;
  if (body['auth[application_token]'] !== process.env.APPLICATION_TOKEN) {
    return reply.code(401).send({ error: 'Unauthorized' });
  }
  if (body.event === 'ONSESSIONFINISH') {
    const closed = {
      member_id: body['auth[member_id]'],
      chat_id: Number(body['data[DATA][connector][chat_id]']),
      line_id: body['data[DATA][connector][line_id]'],
      connector_id: body['data[DATA][connector][connector_id]'],
      line_name: body['data[DATA][line][name]'],
    };
    await fs.appendFile(process.env.EVIDENCE, JSON.stringify(closed) + '\n');
  }
  return { status: 'ok' };
});

fastify.listen({ port: Number(process.env.PORT) });
