// Sends bodies of every kind with fetch and node:http, and prints what the server said of them.
import http from 'node:http';
import { Readable } from 'node:stream';
import { init, shutdown, traceWorkflow } from '../../index.ts';
import { opened } from './opened-sockets.mjs';

init({ serviceName: 'uploads', logHandlers: [], processMetrics: false });

const url = process.env.PROVIDER;
const word = process.env.WORD ?? 'Oslo';
const json = { 'content-type': 'application/json' };
const picture = Uint8Array.from({ length: 3000 }, (_, at) => (at * 7 + word.length) % 256);
const post = async (path, body, more = {}) => {
  const response = await fetch(`${url}/${path}`, { method: 'POST', body, duplex: 'half', ...more });
  return [response.status, await response.text()];
};
async function* parts(...texts) {
  for (const text of texts) {
    await new Promise(setImmediate);
    yield Buffer.from(text);
  }
}
const form = (...files) => {
  const body = new FormData();
  body.append('question', `How cold is it in ${word}?`);
  for (const [at, bytes] of files.entries()) body.append('file', new Blob([bytes]), `${at}.bin`);
  return body;
};
/** The second piece is made once the server has the first: nothing on the way may hold it back. */
const oneByOne = () =>
  new ReadableStream(
    {
      at: 0,
      async pull(controller) {
        if (this.at === 1)
          while ((await (await fetch(`${url}/arrived`)).text()) !== 'first') await new Promise(setImmediate);
        controller.enqueue(Buffer.from(['first', ` ${word}`][this.at++]));
        if (this.at === 2) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
const big = (bytes) =>
  Readable.toWeb(
    Readable.from(
      (function* () {
        for (let sent = 0; sent < bytes; sent += 65_536)
          yield Buffer.alloc(Math.min(65_536, bytes - sent), word);
      })(),
    ),
  );
const piped = (path, body) =>
  new Promise((resolve, reject) => {
    const request = http.request(`${url}/${path}`, { method: 'POST' }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve([response.statusCode, Buffer.concat(chunks).toString()]));
    });
    request.on('error', reject);
    body.pipe(request);
  });

const senders = {
  readable: () => post('readable', Readable.toWeb(Readable.from(parts('{"q":', `"${word}"}`)))),
  generator: () => post('generator', parts('a', word)),
  oneByOne: () => post('one-by-one', oneByOne()),
  form: () => post('form', form()),
  files: () => post('files', form(picture, Buffer.from('text'))),
  bigFile: () => post('big-file', form(new Uint8Array(3_000_000).fill(word.length))),
  blob: () => post('blob', new Blob([picture])),
  buffer: () => post('buffer', picture.buffer.slice(0)),
  request: async () =>
    (
      await fetch(
        new Request(`${url}/request`, { method: 'POST', headers: json, body: JSON.stringify({ word }) }),
      )
    ).text(),
  redirected: () => post('redirect', form(picture)),
  prompt: () =>
    post('prompt', JSON.stringify({ id: crypto.randomUUID(), prompt: `${word} `.repeat(30_000) }), {
      headers: json,
    }),
  big: () => post('big', big(10_000_000)),
  piped: () => piped('piped', Readable.from(parts('one', word))),
  pipedBig: () => piped('piped-big', Readable.fromWeb(big(2_000_000))),
  /** The length is announced: the answer is there before the sender says that it is done. */
  announced: () =>
    new Promise((resolve, reject) => {
      const body = Buffer.from(`of ${word}`);
      const headers = { 'content-length': body.byteLength };
      const request = http.request(`${url}/announced`, { method: 'POST', headers }, (response) => {
        response.on('data', () => {});
        response.on('end', () => {
          request.end();
          resolve(response.statusCode);
        });
      });
      request.on('error', reject);
      request.write(body);
    }),
  lateEnd: async () => {
    let answered;
    const body = new ReadableStream(
      {
        at: 0,
        pull(controller) {
          if (this.at++ === 0) return controller.enqueue(Buffer.from(word));
          return new Promise((resolve) => {
            answered = () => resolve(controller.close());
          });
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { 'content-length': String(word.length) };
    const [status] = await post('late-end', body, { headers });
    answered();
    return status;
  },
  /** The program gives up while it sends. */
  failing: () =>
    post(
      'failing',
      Readable.toWeb(
        Readable.from(
          (async function* () {
            yield Buffer.from(word);
            throw new Error('the file is gone');
          })(),
        ),
      ),
    ).then(
      () => 'sent',
      (error) => error.cause?.message ?? error.message,
    ),
  binaryAnswer: async () => Buffer.from(await (await fetch(`${url}/picture`)).arrayBuffer()).toString('hex'),
  noContent: async () => (await fetch(`${url}/nothing`, { method: 'DELETE' })).status,
};

const out = {};
await traceWorkflow({ name: 'uploads' }, async () => {
  for (const [name, send] of Object.entries(senders))
    out[name] = await send().catch((error) => `${error.message} ${error.cause?.message}`);
});
console.log(JSON.stringify(out));
await shutdown();
console.error(`OPENED ${JSON.stringify(opened)}`);
