/** Health checks that look by themselves and tell the server, where they stand on the page Checks beside those that look from outside. */
import { askServer, type ServerOptions } from '../runtime/ask-server.ts';
import { sayOnce } from '../core/diagnostics.ts';
import { currentRuntime } from '../runtime/runtime.ts';

export interface HealthResult {
  readonly status: 'ok' | 'failing';
  readonly durationMs: number;
  readonly message?: string;
}

interface Reported {
  readonly name: string;
  readonly everyS: number;
  readonly server: ServerOptions | undefined;
  readonly look: () => Promise<HealthResult>;
}

const everySMin = 10;
const everySMax = 604_800;
const timeoutMs = 10_000;
const nameCharactersMax = 99;
const reasonCharactersMax = 500;

const reporting = new Set<Reporter>();

/** Looks now and every `everyS` seconds; the returned function ends that. Never throws, and never keeps the process alive. */
export function reportHealth(check: Reported): () => void {
  const reporter = new Reporter(check);
  reporting.add(reporter);
  return () => {
    reporting.delete(reporter);
    reporter.stop();
  };
}

/** The program ends as it should: nobody is to miss its reports. */
export async function endHealthReports(): Promise<void> {
  await Promise.all([...reporting].map(async (reporter) => reporter.end()));
}

class Reporter {
  readonly #check: Reported;
  readonly #everyS: number;
  readonly #timer: NodeJS.Timeout;
  /** The look and the report that are under way. */
  #work: Promise<void> | undefined;
  #hasReported = false;

  constructor(check: Reported) {
    this.#check = check;
    this.#everyS = Math.round(Math.min(everySMax, Math.max(everySMin, check.everyS || everySMin)));
    // One that takes longer than the interval is not begun a second time.
    this.#timer = setInterval(() => this.#begin(), this.#everyS * 1000).unref();
    // After the program has registered all, and called `init`.
    setImmediate(() => this.#begin()).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async end(): Promise<void> {
    await this.#work;
    if (this.#hasReported) await this.#send({ ok: true, ended: true });
    this.#hasReported = false;
  }

  #begin(): void {
    if (currentRuntime() === undefined) return;
    this.#work ??= this.#report().finally(() => (this.#work = undefined));
  }

  async #report(): Promise<void> {
    const { status, durationMs, message = '' } = await this.#check.look();
    const reason = currentRuntime()?.maskText(message) ?? '';
    const isTold = await this.#send({
      ok: status === 'ok',
      ms: durationMs,
      reason: reason.slice(0, reasonCharactersMax),
    });
    this.#hasReported ||= isTold;
  }

  async #send(found: {
    readonly ok: boolean;
    readonly ms?: number;
    readonly reason?: string;
    readonly ended?: boolean;
  }): Promise<boolean> {
    const { name, server } = this.#check;
    const service = currentRuntime()?.options.serviceName;
    try {
      await askServer({
        ...server,
        method: 'POST',
        path: '/checks/reports',
        body: { service, name: name.slice(0, nameCharactersMax), intervalS: this.#everyS, ...found },
        timeoutMs,
        inBackground: found.ended !== true,
      });
      return true;
    } catch (error) {
      sayOnce(
        `check:${name}`,
        `What the health check "${name}" found cannot be told to the server: ${error instanceof Error ? error.message : String(error)}`,
      );
      return false;
    }
  }
}
