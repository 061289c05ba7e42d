/**
 * Where the SDK talks about itself: standard error, one line, only what the host's author must know. `OTEL_LOG_LEVEL=none`
 * silences it. Written with `process.stderr.write`, not console, which a bridge may have patched.
 */
let silent = false;

export function silenceDiagnostics(value: boolean): void {
  silent = value;
}

export function sayOnStderr(message: string): void {
  if (silent) return;
  try {
    process.stderr.write(`[sightline] ${message}\n`);
  } catch {
    // A closed standard error must not reach the host.
  }
}

const said = new Set<string>();

/** Says `message` the first time `key` is met in this process. */
export function sayOnce(key: string, message: string): void {
  if (said.has(key)) return;
  if (said.size < 1000) said.add(key);
  sayOnStderr(message);
}

/** Runs `fn`, an extra the host did not ask for; a failure is said once and swallowed. */
export function guard(what: string, fn: () => void): void {
  try {
    fn();
  } catch (error) {
    sayOnce(`guard:${what}`, `${what} failed and was skipped: ${String(error)}`);
  }
}
