/**
 * Sends errors on to a Sentry, project by project. What is stored is the queue: a place in the order of arrival says how far it has come, so receiving never waits and a
 * server that ends loses nothing. An error that could not be sent for an hour is left out and counted.
 */
import { type Clock, retryPauseMs, type UnixNano } from '@sightline/base';
import type { ErrorStack } from '@sightline/schema/api';
import { forwardedName } from '@sightline/schema/sentry';
import type { Logger } from 'pino';
import { BackgroundLooks } from '../background/background-looks.ts';
import type { CatalogDatabase } from '../catalog/catalog-database.ts';
import { listErrorMoves } from '../catalog/error-groups.ts';
import {
  claimErrorForwards,
  type ErrorForward,
  giveUpForwardLeases,
  writeForwardProgress,
} from '../catalog/error-forwards.ts';
import { sourceMapShelf } from '../catalog/source-maps.ts';
import type { Reach } from '../outbound/reach.ts';
import {
  type ArrivalPlace,
  type ArrivedError,
  readArrivedErrors,
} from '../query/errors/read-arrived-errors.ts';
import { readStack } from '../query/errors/read-stack.ts';
import { stacksBySourceMap } from '../query/errors/source-maps/stacks-by-source-map.ts';
import type { QueryContext } from '../query/reader.ts';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
import { sendEnvelope, type Sent } from './send-envelope.ts';
import { readDsn } from './sentry-dsn.ts';
import { eventIdOf, sentryEnvelope } from './sentry-event.ts';

export interface ForwardKeeperOptions {
  readonly catalog: CatalogDatabase;
  readonly store: TelemetryStore;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
  /** This server; another one goes on when the lease has run out. */
  readonly owner: string;
  readonly reach: Reach;
  readonly linkTo: (path: string) => string;
  /** How long what is stored is left alone: a load shows its rows some time after it dated them, and says by then which of them repeat others. */
  readonly settleMs?: number;
}

const lookEveryMs = 5_000;
const leaseMs = 60_000;
const settleMsDefault = 15_000;
const errorsPerLook = 100;
/** Below the lease: nobody else begins meanwhile. */
const sendingMsMax = 30_000;
const backlogMsMax = 3_600_000;
/** Telemetry of another day is not news. */
const timeMsMax = 86_400_000;
const retryMsMin = 5_000;
const retryMsMax = 600_000;

export class ForwardKeeper {
  readonly #options: ForwardKeeperOptions;
  readonly #looks: BackgroundLooks;
  readonly #stop = new AbortController();

  constructor(options: ForwardKeeperOptions) {
    this.#options = options;
    this.#looks = new BackgroundLooks({
      look: async () => {
        const isMore = await this.lookOnce();
        this.#looks.lookIn(isMore ? 0 : lookEveryMs);
      },
      retryMs: lookEveryMs * 4,
      log: options.log,
      failure: 'Errors could not be sent on; they are tried again.',
    });
  }

  start(): void {
    this.#looks.lookIn(lookEveryMs);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#looks.stop();
    await giveUpForwardLeases(this.#options.catalog, this.#options.owner).catch(() => undefined);
  }

  /** Sends what is due of all projects, at most `errorsPerLook` of each. True where more waits. */
  async lookOnce(): Promise<boolean> {
    const { catalog, owner } = this.#options;
    let isMore = false;
    for (const forward of await claimErrorForwards(catalog, { owner, leaseMs })) {
      if (this.#stop.signal.aborted) return false;
      isMore = (await this.#forward(forward)) || isMore;
    }
    return isMore;
  }

  async #forward(forward: ErrorForward): Promise<boolean> {
    const { catalog, store, clock, owner, settleMs = settleMsDefault } = this.#options;
    const { project, dsn } = forward;
    const nowMs = Number(clock.now() / 1_000_000n);
    const context: QueryContext = { store, clock, project, share: 'background' };
    const moves = await listErrorMoves(catalog, project);
    const arrived = await readArrivedErrors(context, {
      moves,
      after: { storedMs: forward.storedMs, key: forward.storedKey },
      untilMs: nowMs - settleMs,
      timeFrom: (BigInt(nowMs - timeMsMax) * 1_000_000n) as UnixNano,
      timeTo: (BigInt(nowMs + timeMsMax) * 1_000_000n) as UnixNano,
      exceptName: forwardedName,
      limit: errorsPerLook,
    });
    if (arrived.length === 0) return false;
    const outcome = await this.#sendAll(forward, {
      arrived,
      context,
      oldestMs: nowMs - settleMs - backlogMsMax,
    });
    const { place, failed, ...counts } = outcome;
    const pauseMs = retryPauseMs(forward.attempts + 1, { firstMs: retryMsMin, longestMs: retryMsMax });
    const retryInMs = failed === undefined ? undefined : Math.ceil(Math.max(failed.waitMs, pauseMs));
    await writeForwardProgress(
      catalog,
      { project, dsn, owner },
      {
        ...counts,
        storedMs: place.storedMs,
        storedKey: place.key,
        failure: failed?.reason ?? outcome.refusal,
        retryInMs,
      },
    );
    if (failed !== undefined)
      this.#options.log.warn(
        { project, reason: failed.reason, retryInMs },
        'Errors could not be sent on to Sentry.',
      );
    return failed === undefined && arrived.length === errorsPerLook;
  }

  /** One after the other, until one cannot be sent now. */
  async #sendAll(
    { project, dsn, storedMs, storedKey }: ErrorForward,
    {
      arrived,
      context,
      oldestMs,
    }: {
      readonly arrived: readonly ArrivedError[];
      readonly context: QueryContext;
      readonly oldestMs: number;
    },
  ) {
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(sendingMsMax)]);
    const stacks = new Map<string, ErrorStack | null>();
    const done = { sent: 0, refused: 0, skipped: 0 };
    let place: ArrivalPlace = { storedMs, key: storedKey };
    let refusal: string | null = null;
    let failed: Extract<Sent, { kind: 'later' }> | undefined;
    for (const error of arrived) {
      if (signal.aborted) break;
      const sent: Sent | 'skipped' =
        error.place.storedMs < oldestMs
          ? 'skipped'
          : await this.#send(dsn, {
              project,
              error,
              stack: await this.#stackOf(context, error, stacks),
              signal,
            });
      if (sent === 'skipped') done.skipped += 1;
      else if (sent.kind === 'later') {
        failed = sent;
        break;
      } else if (sent.kind === 'refused') {
        done.refused += 1;
        refusal = sent.reason;
      } else done.sent += 1;
      place = error.place;
      if (sent !== 'skipped' && sent.kind === 'sent' && sent.waitMs > 0) {
        failed = {
          kind: 'later',
          reason: 'The receiver limits how many errors it takes.',
          waitMs: sent.waitMs,
        };
        break;
      }
    }
    return { ...done, place, refusal, failed };
  }

  async #send(
    dsn: string,
    {
      project,
      error,
      stack,
      signal,
    }: {
      readonly project: string;
      readonly error: ArrivedError;
      readonly stack: ErrorStack | null;
      readonly signal: AbortSignal;
    },
  ): Promise<Sent> {
    const { reach, linkTo, clock } = this.#options;
    const target = readDsn(dsn);
    if (target === undefined) return { kind: 'refused', reason: 'The DSN cannot be read.' };
    const body = sentryEnvelope(eventIdOf(project, error), error, {
      stack,
      link: linkTo(`/errors/${error.group}`),
    });
    return sendEnvelope(target, { body, reach, signal, nowMs: Number(clock.now() / 1_000_000n) });
  }

  /** Errors of one variant have the same stack. */
  async #stackOf(
    context: QueryContext,
    error: ArrivedError,
    known: Map<string, ErrorStack | null>,
  ): Promise<ErrorStack | null> {
    const { variant, service, version } = error;
    const key = `${variant}\n${service}\n${version}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const maps = stacksBySourceMap(sourceMapShelf(this.#options.catalog, context.project));
    const stack = await readStack(context, [error], maps);
    known.set(key, stack);
    return stack;
  }
}
