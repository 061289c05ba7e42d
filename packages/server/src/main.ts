import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import { connectionsMaxFor, readDescriptorLimit, requireDescriptors } from './config/descriptor-limit.ts';
import { describeOptions, parseOptions } from './config/options.ts';
import { startServer } from './server.ts';

/** Each session of the embedded engine that works holds one thread of Node's pool, and the journal needs some too. The pool is made at its first use, after this line. */
process.env['UV_THREADPOOL_SIZE'] ??= '32';

/** The process: reads arguments and environment, starts the server, prints one line when it is ready, ends on a signal. */
async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  const version = readVersion();
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(`Sightline ${version}\n\nUsage: npm start -- [options]\n\n${describeOptions()}\n`);
    return;
  }
  if (argv.includes('--version')) {
    process.stdout.write(`${version}\n`);
    return;
  }
  const options = parseOptions(argv, process.env);
  const descriptors = readDescriptorLimit();
  requireDescriptors(descriptors);
  const log = pino({ level: options.logLevel, base: null }, pino.destination(2));
  const server = await startServer(options, {
    clock: systemClock(),
    log,
    version,
    pid: process.pid,
    connectionsMax: connectionsMaxFor(descriptors),
    readVariable: (name) => process.env[name],
    webDirectory: join(import.meta.dirname, '../../web/dist'),
    clientPackages: {
      sdk: join(import.meta.dirname, '../../sdk/packed/sightline-sdk.tgz'),
      cli: join(import.meta.dirname, '../../cli/packed/sightline-cli.tgz'),
    },
  });
  let stoppingSince: number | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > sameSignalMs) endAtOnce();
      return;
    }
    stoppingSince = performance.now();
    log.info({ signal }, 'Stopping.');
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        tell(error);
        endAtOnce();
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('uncaughtException', (error) => {
    tell(error);
    endAtOnce();
  });

  // Last of all: who reads this line may end the server at once.
  const { ui, otlpHttp, otlpGrpc } = server.urls;
  process.stdout.write(`Sightline is ready: UI ${ui}  OTLP/HTTP ${otlpHttp}  OTLP/gRPC ${otlpGrpc}\n`);
}

function readVersion(): string {
  const manifest = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** One Ctrl-C arrives several times: from the terminal, from npm and from scripts/start.mjs. What comes later than this is pressed again. */
const sameSignalMs = 1000;

/**
 * Ends the process while the embedded engine is open. Not with process.exit: it runs the engine's destructors beside the threads
 * that work with it, which crashes, or waits for ever. Nothing is lost: what was acknowledged is in the journal.
 */
function endAtOnce(): void {
  process.kill(process.pid, 'SIGKILL');
}

function tell(error: unknown): void {
  if (error instanceof SightlineError)
    process.stderr.write(`${error.message}\n${error.hint} (${error.code}, see docs/errors.md)\n`);
  else
    process.stderr.write(
      `Sightline cannot go on: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
}

main().catch((error: unknown) => {
  tell(error);
  process.exit(1);
});
