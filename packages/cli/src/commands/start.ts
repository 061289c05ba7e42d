import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SightlineError } from '@sightline/schema/errors';
import type { Command } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';

const startScript = fileURLToPath(new URL('../../../../scripts/start.mjs', import.meta.url));

export const startCommand: Command = {
  name: 'start',
  summary: 'Start the server, as "npm start" does.',
  positionals: '',
  positionalCount: { min: 0, max: 0 },
  options: {
    host: { type: 'string', value: 'address', about: 'Address to listen on.', initial: '127.0.0.1' },
    port: { type: 'string', value: 'port', about: 'UI and API. 0 picks a free port.', initial: '4300' },
    'otlp-http-port': { type: 'string', value: 'port', about: 'OTLP over HTTP.', initial: '4318' },
    'otlp-grpc-port': { type: 'string', value: 'port', about: 'OTLP over gRPC.', initial: '4317' },
    data: { type: 'string', value: 'directory', about: 'Where everything is kept.', initial: './data' },
  },
  details:
    'All further options (retention, limits, keys, ClickHouse, PostgreSQL) and their variables:\n' +
    '  npm start -- --help',
  examples: [
    { line: 'sightline start', about: 'UI on http://127.0.0.1:4300, OTLP on 4318 and 4317' },
    {
      line: 'sightline start --port 0 --data /var/lib/sightline',
      about: 'a free port, another data directory',
    },
  ],
  passThrough: true,
  run: async ({ positionals, signal }) => {
    if (!existsSync(startScript))
      throw new SightlineError('not_found', `Cannot start the server: ${startScript} does not exist.`, {
        hint: 'Run "sightline start" from a checkout of Sightline.',
      });
    return runServer(positionals, signal);
  },
};

/** The server owns the terminal until it ends; its exit code is ours. */
async function runServer(argv: readonly string[], signal: AbortSignal): Promise<ExitCode> {
  const child = spawn(process.execPath, [startScript, ...argv], { stdio: 'inherit' });
  const stop = (): void => {
    child.kill('SIGTERM');
  };
  signal.addEventListener('abort', stop);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode) => resolve(exitCode ?? 1));
  });
  if (signal.aborted) return exitCodes.interrupted;
  return code === 0 ? exitCodes.ok : exitCodes.failure;
}
