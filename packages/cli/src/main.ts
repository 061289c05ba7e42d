/** A Ctrl-C that comes twice through a parent process counts once. */
const sameKeyPressMs = 500;

const interrupt = new AbortController();
let interruptedAtMs = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    const now = performance.now();
    if (interrupt.signal.aborted && now - interruptedAtMs > sameKeyPressMs) process.exit(130);
    if (!interrupt.signal.aborted) interruptedAtMs = now;
    interrupt.abort();
  });
}

// The reader went away (`sightline logs | head`): what was asked for was delivered.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
process.stderr.on('error', () => {});

// Loaded after the handlers are in place: Ctrl-C counts from the first moment.
const { runCli } = await import('./run-cli.ts');
process.exitCode = await runCli({
  argv: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupt.signal,
});
// What a slow reader has not taken yet is still waiting in this process.
for (const stream of [process.stdout, process.stderr])
  await new Promise<void>((resolve) => {
    stream.write('', () => resolve());
  });
// Sockets kept alive for a next request must not keep the command alive.
process.exit();

export {};
