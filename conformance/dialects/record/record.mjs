/**
 * Runs each program in `programs/` against local protocol servers and writes the OTLP/JSON that its real
 * instrumentation exported to `../<program>/{traces,logs,metrics}.json`. `node record.mjs [program…]`.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { startOtlpSink } from './otlp-sink.mjs';
import { startProtocolServers } from './protocol-servers.mjs';

const here = import.meta.dirname;
const wanted = process.argv.slice(2);
const programs = readdirSync(`${here}/programs`)
  .map((file) => file.replace(/\.mjs$/, ''))
  .filter((name) => wanted.length === 0 || wanted.includes(name));

for (const program of programs) {
  const servers = await startProtocolServers();
  const sink = await startOtlpSink();
  const code = await run(program, servers.url, sink.url);
  servers.close();
  sink.close();
  const counts = Object.entries(sink.received).map(([signal, bodies]) => `${signal} ${bodies.length}`);
  console.log(
    `${program}: exit ${code}, ${counts.join(', ')}${sink.others.length > 0 ? `, not JSON: ${sink.others[0]}` : ''}`,
  );
  for (const [signal, bodies] of Object.entries(sink.received)) write(program, signal, bodies);
}

function run(program, serverUrl, sinkUrl) {
  const environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    PROTOCOL_URL: serverUrl,
    OTEL_EXPORTER_OTLP_ENDPOINT: sinkUrl,
    OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true',
    OPENAI_API_KEY: 'none',
    ANTHROPIC_API_KEY: 'none',
  };
  const child = spawn(process.execPath, [`${here}/programs/${program}.mjs`], {
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve) => child.on('exit', resolve));
}

function write(program, signal, bodies) {
  const file = `${here}/../${program}/${signal}.json`;
  rmSync(file, { force: true });
  if (bodies.length === 0) return;
  const container = { traces: 'resourceSpans', logs: 'resourceLogs', metrics: 'resourceMetrics' }[signal];
  const merged = { [container]: bodies.flatMap((body) => body[container] ?? []) };
  for (const each of merged[container]) each.resource = withoutMachine(each.resource);
  mkdirSync(`${here}/../${program}`, { recursive: true });
  writeFileSync(file, `${scrubbed(JSON.stringify(merged, null, 1))}\n`);
}

/** The recording machine is nobody's business, and it differs at every recording. */
function withoutMachine(resource) {
  const kept = (resource?.attributes ?? []).filter(({ key }) => !/^(host|process|os)\./.test(key));
  return { ...resource, attributes: kept };
}

function scrubbed(json) {
  return json.replaceAll(here, '/app').replaceAll(/\/[^" ]*\/node_modules\//g, '/app/node_modules/');
}
