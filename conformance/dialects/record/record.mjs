/**
 * Runs each program in `programs/`, a file or a folder with packages of its own, against local protocol servers and writes the OTLP/JSON that its real
 * instrumentation exported to `../<program>/{traces,logs,metrics}.json`. `node record.mjs [program…]`.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { startOtlpSink } from './otlp-sink.mjs';
import { startProtocolServers } from './protocol-servers.mjs';

const here = import.meta.dirname;
const wanted = process.argv.slice(2);
const programs = readdirSync(`${here}/programs`)
  .map((entry) => entry.replace(/\.mjs$/, ''))
  .filter((name) => wanted.length === 0 || wanted.includes(name));

/** The recording machine is nobody's business, and it differs at every recording. */
const machine = /^(host|process|os)\.|^(os_release|os_platform|installation\.id|cwd)$/;

const spansMax = 100;

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
    ANTHROPIC_BASE_URL: serverUrl,
    GEMINI_API_KEY: 'none',
  };
  const folder = `${here}/programs/${program}`;
  const first = `${folder}/instrument.mjs`;
  const file = existsSync(folder) ? `${folder}/program.mjs` : `${folder}.mjs`;
  const child = spawn(process.execPath, [...(existsSync(first) ? ['--import', first] : []), file], {
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
  mkdirSync(`${here}/../${program}`, { recursive: true });
  writeFileSync(file, `${scrubbed(JSON.stringify(withoutMachine(shortened(merged)), null, 1))}\n`);
}

function withoutMachine(value) {
  if (Array.isArray(value)) return value.filter((each) => !machine.test(each?.key ?? '')).map(withoutMachine);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutMachine(each)]));
}

/** Codex traces its own workings in hundreds of spans: what says something about the run is kept, with its ancestors. */
function shortened(request) {
  const spans = (request.resourceSpans ?? []).flatMap((each) =>
    each.scopeSpans.flatMap((scope) => scope.spans),
  );
  if (spans.length <= spansMax) return request;
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const kept = new Set();
  for (const span of spans) {
    if (!span.attributes.some(({ key }) => /^(gen_ai\.|codex\.(usage|turn)\.|tool_source$)/.test(key)))
      continue;
    for (let each = span; each !== undefined; each = byId.get(each.parentSpanId)) kept.add(each.spanId);
  }
  const scopeSpans = (each) =>
    each.scopeSpans.map((scope) => ({
      ...scope,
      spans: scope.spans.filter(({ spanId }) => kept.has(spanId)),
    }));
  return { resourceSpans: request.resourceSpans.map((each) => ({ ...each, scopeSpans: scopeSpans(each) })) };
}

function scrubbed(json) {
  return json.replaceAll(here, '/app').replaceAll(/\/[^" ]*\/node_modules\//g, '/app/node_modules/');
}
