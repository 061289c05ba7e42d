// Asks a server through each door of the package undici, in the versions of UNDICI, and prints what it got. Run with --import @sightline/sdk/register in a project that has them.
import { Readable, Writable } from 'node:stream';
import { shutdown, traceStep, traceWorkflow } from '@sightline/sdk';
import { opened } from './opened-sockets.mjs';

const url = process.env.PROVIDER;
const question = { question: process.env.QUESTION ?? 'How cold is it in Oslo?' };
const asked = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(question),
};

async function askAll(name) {
  const undici = await import(name);
  const said = {};
  said.request = await (await undici.request(`${url}/json?by=${name}`, asked)).body.json();
  const streamed = [];
  await undici.stream(`${url}/events`, { method: 'GET', opaque: streamed }, ({ opaque }) =>
    collector(opaque),
  );
  said.stream = streamed.join('');
  said.fetch = await (await undici.fetch(`${url}/packed`)).text();
  said.posted = await (await undici.fetch(`${url}/posted?by=${name}`, asked)).json();
  const pieces = Readable.from([Buffer.from('{"in":'), Buffer.from('"pieces"}')]);
  said.pieces = await (
    await undici.request(`${url}/pieces?by=${name}`, { method: 'POST', body: pieces })
  ).body.json();
  const client = new undici.Client(url);
  const { statusCode, body } = await client.request({ path: '/missing', method: 'GET' });
  said.client = [statusCode, await body.text()];
  await client.close();
  const pool = new undici.Pool(url);
  const many = await Promise.all(
    ['a', 'b', 'c'].map((each) => pool.request({ path: `/json?${each}`, method: 'GET' })),
  );
  said.pool = await Promise.all(many.map((each) => each.body.json()));
  await pool.close();
  said.dies = await undici.request(`${url}/dies`).then(
    () => 'answered',
    (error) => error.code,
  );
  const early = await undici.request(`${url}/events`);
  for await (const _first of early.body) break;
  return said;
}

function collector(into) {
  return new Writable({
    write(chunk, _encoding, done) {
      into.push(chunk.toString());
      done();
    },
  });
}

const said = await traceWorkflow({ name: 'ask', input: question }, async () => {
  const all = {};
  for (const name of process.env.UNDICI.split(',')) {
    // Node's own fetch is kept once.
    all[name] = await traceStep({ stepId: name }, async () => ({
      ...(await askAll(name)),
      global: await (await fetch(`${url}/json?global`)).json(),
    }));
  }
  return all;
});
console.log(JSON.stringify(said));
await shutdown();
console.error(`OPENED ${JSON.stringify(opened)}`);
