import { SightlineError } from '@sightline/schema/errors';
import { DemoScheduler } from './demo-clock.ts';
import { createExporters, type SendTelemetry, type Sent } from './exporters.ts';
import { startOnce, startTraffic, type Traffic } from './traffic.ts';
import { createWorld, type World } from './world.ts';

export interface DemoOptions {
  readonly send: SendTelemetry;
  readonly historyMs: number;
  /** Requests a second. */
  readonly rate: number;
  /** How long to go on live; undefined: until aborted. */
  readonly liveMs: number | undefined;
  readonly once: boolean;
  readonly seed: number;
  readonly abort: AbortSignal;
  readonly onProgress: (progress: DemoProgress) => void;
  readonly onLive: (sent: Readonly<Sent>) => void;
}

export interface DemoProgress {
  readonly live: boolean;
  /** Part of the past that is played, 0 to 1. */
  readonly played: number;
  readonly active: number;
  readonly sent: Readonly<Sent>;
}

const metricIntervalMs = 15_000;
/** Steps between two flushes while the past is played: fewer spans than any queue holds. */
const stepsPerFlush = 4000;
const progressIntervalMs = 250;
/** A single round lies this far back, so that all of it has happened. */
const onceMs = 8 * 60_000;
const onceSpreadMs = 2 * 60_000;

/** Plays the past, then goes on live. Resolves when it is over, with everything sent. */
export async function runDemo(options: DemoOptions): Promise<Readonly<Sent>> {
  const { send, rate, once, abort, onProgress } = options;
  const startMs = Date.now() - (once ? onceMs : options.historyMs);
  const scheduler = new DemoScheduler(startMs);
  const exporters = createExporters(send);
  const world = createWorld(scheduler, options.seed, exporters);
  const traffic = once ? startOnce(world, onceSpreadMs) : startTraffic(world, rate);
  const metrics = startMetrics(world, () => !once || traffic.active > 0);

  let live = false;
  let steps = 0;
  let endMs = Number.POSITIVE_INFINITY;
  const report = (): void => {
    const length = Math.max(1, Date.now() - startMs);
    onProgress({
      live,
      played: Math.min(1, (scheduler.nowMs() - startMs) / length),
      active: traffic.active,
      sent: exporters.sent,
    });
  };
  const ticking = setInterval(report, progressIntervalMs);
  try {
    await scheduler.run({
      abort,
      untilMs: () => endMs,
      onStep: () => {
        steps += 1;
        return live || steps % stepsPerFlush !== 0 ? undefined : flush(world, metrics);
      },
      onLive: async () => {
        await flush(world, metrics);
        failIfNothingArrives(exporters.sent);
        live = true;
        if (options.liveMs !== undefined) endMs = Date.now() + options.liveMs;
        options.onLive(exporters.sent);
      },
    });
    await scheduler.finish();
    await Promise.all(world.services.map(async (service) => service.collectMetrics()));
    await flush(world, metrics);
    await Promise.all(world.services.map(async (service) => service.shutdown()));
  } finally {
    clearInterval(ticking);
  }
  throwMistake(traffic);
  failIfNothingArrives(exporters.sent);
  return exporters.sent;
}

interface Metrics {
  /** Collections on their way. */
  readonly sending: Set<Promise<void>>;
}

function startMetrics(world: World, isNeeded: () => boolean): Metrics {
  const sending = new Set<Promise<void>>();
  const collect = async (): Promise<void> => {
    while (isNeeded() && !world.clock.stopping) {
      await world.clock.sleep(metricIntervalMs);
      for (const service of world.services) {
        const collection = service.collectMetrics().finally(() => sending.delete(collection));
        sending.add(collection);
      }
    }
  };
  void collect();
  return { sending };
}

/** One service after the other: a burst from all at once would make a small server refuse. */
async function flush(world: World, { sending }: Metrics): Promise<void> {
  for (const service of world.services) await service.flush();
  await Promise.all(sending);
}

function failIfNothingArrives(sent: Readonly<Sent>): void {
  if (sent.spans > 0 || sent.failed === 0) return;
  const reason = sent.lastFailure.replace(/\.$/, '');
  throw new SightlineError('server_unreachable', `The server takes no telemetry: ${reason}.`, {
    hint: 'Check that --url names a Sightline server, and give its key with --api-key if it asks for one.',
  });
}

function throwMistake({ mistake }: Traffic): void {
  if (mistake === undefined) return;
  throw mistake instanceof Error ? mistake : new Error('The demo made a mistake.', { cause: mistake });
}
