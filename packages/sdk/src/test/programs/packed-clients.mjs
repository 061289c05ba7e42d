// Asks an HTTPS server for bodies in every coding, with node:https and fetch; prints what came and in which pieces.
import https from 'node:https';
import zlib from 'node:zlib';
import { init, shutdown, traceStep, traceWorkflow } from '../../index.ts';
import { opened } from './opened-sockets.mjs';

init({ serviceName: 'packed', logHandlers: [], processMetrics: false });

const base = process.env.PROVIDER;
const unpackers = {
  gzip: zlib.createGunzip,
  deflate: zlib.createInflate,
  br: zlib.createBrotliDecompress,
  zstd: zlib.createZstdDecompress,
};
const clients = {
  'node:https': (coding) =>
    new Promise((resolve, reject) => {
      const headers = { 'accept-encoding': coding, 'content-type': 'application/json' };
      const sent = https.request(`${base}/${coding}`, { method: 'POST', headers }, (response) => {
        const unpack = unpackers[response.headers['content-encoding']]?.();
        resolve(piecesOf(unpack === undefined ? response : response.pipe(unpack)));
      });
      sent.on('error', reject);
      sent.end('{"q":"räksmörgås"}');
    }),
  fetch: async (coding) => {
    const response = await fetch(`${base}/${coding}`, {
      method: 'POST',
      headers: { 'accept-encoding': coding, 'content-type': 'application/json' },
      body: '{"q":"räksmörgås"}',
    });
    return piecesOf(response.body);
  },
};
async function piecesOf(stream) {
  const pieces = [];
  const began = performance.now();
  for await (const piece of stream)
    pieces.push([Buffer.from(piece).toString(), Math.round((performance.now() - began) / 50)]);
  return pieces;
}

const out = {};
try {
  const codings = ['identity', ...Object.keys(unpackers)];
  await traceWorkflow({ name: 'packed' }, () =>
    Promise.all(
      codings.flatMap((coding) =>
        Object.entries(clients).map(([name, ask]) =>
          traceStep({ stepId: `${name} ${coding}` }, async () => {
            out[`${name} ${coding}`] = await ask(coding);
          }),
        ),
      ),
    ),
  );
} catch (error) {
  out.error = `${error.name}: ${error.message} ${error.cause?.message}`;
}
console.log(JSON.stringify(out));
await shutdown();
console.error(`OPENED ${JSON.stringify(opened)}`);
