/** An OTLP/HTTP receiver on loopback that keeps the JSON bodies it gets. */
import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { protobufToJson } from '../../../packages/schema/src/otlp/index.ts';

export async function startOtlpSink() {
  const received = { traces: [], logs: [], metrics: [] };
  const others = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
      const signal = /\/v1\/(traces|logs|metrics)$/.exec(request.url)?.[1];
      const isJson = (request.headers['content-type'] ?? '').startsWith('application/json');
      if (signal !== undefined && isJson) received[signal].push(JSON.parse(body.toString()));
      else if (signal !== undefined) received[signal].push(JSON.parse(protobufToJson(signal, body)));
      else others.push(`${request.url} ${request.headers['content-type']}`);
      const type = isJson ? 'application/json' : 'application/x-protobuf';
      response.writeHead(200, { 'content-type': type }).end(isJson ? '{}' : '');
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, received, others, close: () => server.close() };
}
