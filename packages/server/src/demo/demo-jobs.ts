/**
 * Loads the demo into a project and takes it away again, one task at a time. What is stored says whether it is loaded: a server that was stopped in the middle
 * shows the part that is there, which can be deleted.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Clock } from '@sightline/base';
import type { DemoDocuments, DemoState, LedgerResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { Logger } from 'pino';
import type { Ingest } from '../ingest/index.ts';
import { countDemoSpans } from '../query/count-demo-spans.ts';
import { failureText } from '../query/store-failure.ts';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
import type { DemoWork, FromDemoWorker, ToDemoWorker } from './demo-worker.ts';

export interface DemoJobsOptions {
  readonly store: Pick<TelemetryStore, 'query' | 'deleteDemo'>;
  readonly ingest: Pick<Ingest, 'accept' | 'ledger' | 'whileLoadsWait'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
  /** What comes and goes beside telemetry. */
  readonly documents: {
    readonly make: (project: string) => Promise<DemoDocuments>;
    readonly remove: (project: string) => Promise<void>;
  };
}

interface Task {
  readonly project: string;
  readonly kind: 'loading' | 'deleting';
  part: number;
  spans: number;
}

/** As `sightline demo` plays it where nothing else is asked for: some ten thousand spans. */
const work = { historyMs: 30 * 60_000, rate: 0.6 } as const;
const heapMegabytesMax = 512;
/** A busy server is asked again so often, as long as it says or this long. */
const attemptsMax = 30;
const retryMs = 1000;
const storedMsMax = 60_000;
const lookMs = 100;

export class DemoJobs {
  readonly #options: DemoJobsOptions;
  readonly #stop = new AbortController();
  /** Why the last task of a project failed. */
  readonly #failures = new Map<string, string>();
  #task: Task | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: DemoJobsOptions) {
    this.#options = options;
  }

  async read(project: string): Promise<DemoState> {
    const task = this.#task;
    if (task?.project === project)
      return { state: task.kind, part: task.part, spans: task.spans, error: null };
    const spans = await countDemoSpans(this.#options.store, project);
    const error = this.#failures.get(project) ?? null;
    const state = error === null ? (spans === 0 ? 'none' : 'loaded') : 'failed';
    return { state, part: spans === 0 ? 0 : 1, spans, error };
  }

  /** Throws `job_running` while another task runs, `bad_request` where the demo is loaded. */
  async load(project: string): Promise<DemoState> {
    const { spans } = await this.read(project);
    this.#refuseSecond();
    if (spans > 0)
      throw new SightlineError('bad_request', 'The demo data is loaded already.', {
        hint: 'Delete it first: DELETE /api/v1/demo.',
      });
    return this.#start({ project, kind: 'loading', part: 0, spans: 0 }, async (task) => {
      await this.#play(task);
      await this.#stored(project);
      await this.makeDocuments(project);
    });
  }

  /** Throws `job_running` while another task runs. */
  async delete(project: string): Promise<DemoState> {
    const { spans } = await this.read(project);
    this.#refuseSecond();
    return this.#start({ project, kind: 'deleting', part: 0, spans }, async (task) => {
      // What waits in the journal would come back.
      await this.#stored(project);
      const { ingest, store } = this.#options;
      await ingest.whileLoadsWait(async () =>
        store.deleteDemo({ project, onPart: (part) => (task.part = part) }),
      );
      await this.#options.documents.remove(project);
    });
  }

  /** For demo data that a program sends. */
  async makeDocuments(project: string): Promise<DemoDocuments> {
    return this.#options.documents.make(project);
  }

  /** Resolves when nothing is under way any more: a demo that is being loaded ends where it is, a deletion is finished. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  #refuseSecond(): void {
    if (this.#task === undefined) return;
    throw new SightlineError('job_running', 'Demo data is being loaded or deleted already.', {
      hint: 'GET /api/v1/demo says how far it is. Ask again when it is done.',
    });
  }

  #start(task: Task, run: (task: Task) => Promise<void>): DemoState {
    this.#task = task;
    this.#failures.delete(task.project);
    const { log } = this.#options;
    this.#running = run(task)
      .catch((error: unknown) => {
        if (this.#stop.signal.aborted) return;
        log.error({ err: error, task: task.kind }, 'The demo data could not be loaded or deleted.');
        this.#failures.set(task.project, failureText(error));
      })
      .finally(() => (this.#task = undefined));
    return { state: task.kind, part: task.part, spans: task.spans, error: null };
  }

  async #play(task: Task): Promise<void> {
    const { clock, ingest } = this.#options;
    const seed = Number((clock.now() / 1_000_000n) % 4_294_967_296n);
    const worker = new Worker(new URL('demo-worker.ts', import.meta.url), {
      workerData: { ...work, seed } satisfies DemoWork,
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytesMax },
    });
    const end = (): void => void worker.terminate();
    this.#stop.signal.addEventListener('abort', end, { once: true });
    const answer = async (message: FromDemoWorker & { readonly type: 'request' }): Promise<void> => {
      const { id, signal, request } = message;
      let error: string | undefined;
      try {
        await this.#send(async () => ingest.accept({ signal, project: task.project, request }));
      } catch (failure) {
        error = failureText(failure);
      }
      worker.postMessage((error === undefined ? { id } : { id, error }) satisfies ToDemoWorker);
    };
    try {
      await new Promise<void>((resolve, reject) => {
        worker.on('message', (message: FromDemoWorker) => {
          if (message.type === 'request') void answer(message);
          else if (message.type === 'progress')
            Object.assign(task, { part: message.part, spans: message.spans });
          else if (message.failed === 0) resolve();
          else
            reject(new Error(`${message.failed} items of the demo were not taken: ${message.lastFailure}`));
        });
        worker.once('error', reject);
        worker.once('exit', () => reject(new Error('The demo ended before its time.')));
      });
    } finally {
      this.#stop.signal.removeEventListener('abort', end);
      await worker.terminate();
    }
  }

  /** Like an exporter: a server that is busy is asked again. */
  async #send(accept: () => Promise<unknown>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await accept();
        return;
      } catch (error) {
        const isBusy = error instanceof SightlineError && error.retryAfterS !== undefined;
        if (!isBusy || attempt === attemptsMax) throw error;
        await delay((error.retryAfterS ?? 0) * 1000 || retryMs, undefined, { signal: this.#stop.signal });
      }
    }
  }

  /** Resolves when what the project had sent until now is in the tables. */
  async #stored(project: string): Promise<void> {
    const { ingest } = this.#options;
    const rowsOf = ({ rows }: Pick<LedgerResponse, 'rows'>) => rows.filter((row) => row.project === project);
    const wanted = new Map(rowsOf(ingest.ledger()).map(({ signal, accepted }) => [signal, accepted]));
    for (let waitedMs = 0; waitedMs < storedMsMax; waitedMs += lookMs) {
      const isThere = rowsOf(ingest.ledger()).every(
        ({ signal, stored, quarantined, pending }) =>
          pending === 0 || stored + quarantined >= (wanted.get(signal) ?? 0),
      );
      if (isThere) return;
      await delay(lookMs, undefined, { signal: this.#stop.signal });
    }
    throw new Error('What was sent is still not stored.');
  }
}
