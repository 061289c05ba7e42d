/**
 * Sees versions by their first spans, and judges each 15, 60 and 240 minutes after it began to run. Nothing is lost where no server runs at such a time: what
 * is judged is stored, so the look is made later with the same answer. Several servers may look; what was found first stays.
 */
import { type Clock, nanosFromMs, type UnixNano } from '@sightline/base';
import type { RegressionLook } from '@sightline/schema/api';
import type { Logger } from 'pino';
import { BackgroundLooks } from '../background/background-looks.ts';
import type { CatalogDatabase } from '../catalog/catalog-database.ts';
import { keepLook, listDeploys, type StoredDeploy, seeDeploys, trimDeploys } from '../catalog/deploys.ts';
import type { QueryContext } from '../query/reader.ts';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
import { judgeDeploy, looks } from './judge-deploy.ts';
import { lowerIsBetter } from './score-directions.ts';
import { VersionWatch } from './version-watch.ts';

export interface DeployKeeperOptions {
  readonly catalog: CatalogDatabase;
  readonly store: TelemetryStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly projects: () => Promise<readonly string[]>;
  /** Writes how many cells regressed as a metric, so that rules can ask for it. */
  readonly record: (
    project: string,
    samples: readonly {
      readonly name: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly value: number;
      readonly timeMs: number;
    }[],
  ) => Promise<void>;
}

export const regressedMetric = 'sightline.deploy.regressed_cells';

const lookEveryMs = 60_000;
const minuteMs = 60_000;
/** Spans of a minute come up to so much later. */
const settleMs = 60_000;
/** What began longer ago is not judged any more. */
const judgedWithinMs = 86_400_000;

export class DeployKeeper {
  readonly #options: DeployKeeperOptions;
  readonly #looks: BackgroundLooks;
  readonly #watch = new VersionWatch();

  constructor(options: DeployKeeperOptions) {
    this.#options = options;
    this.#looks = new BackgroundLooks({
      look: async () => this.#look(),
      retryMs: lookEveryMs,
      log: options.log,
      failure: 'Deploys could not be looked at; they are tried again.',
    });
  }

  start(): void {
    this.#looks.lookIn(lookEveryMs / 4);
  }

  async stop(): Promise<void> {
    await this.#looks.stop();
  }

  async #look(): Promise<void> {
    const { catalog, projects } = this.#options;
    for (const project of await projects()) {
      if (this.#looks.isStopped) return;
      await this.#see(project);
      await this.#judge(project);
    }
    await trimDeploys(catalog);
    this.#looks.lookIn(lookEveryMs);
  }

  #context(project: string): QueryContext {
    const { store, clock } = this.#options;
    return { store, clock, project, share: 'background' };
  }

  async #see(project: string): Promise<void> {
    await seeDeploys(this.#options.catalog, project, await this.#watch.look(this.#context(project)));
  }

  async #judge(project: string): Promise<void> {
    const { catalog, clock } = this.#options;
    const nowMs = Number(clock.now() / 1_000_000n);
    const deploys = await listDeploys(catalog, {
      project,
      from: new Date(nowMs - judgedWithinMs),
      to: new Date(nowMs),
    });
    for (const deploy of deploys)
      for (const minutes of looks) {
        if (this.#looks.isStopped) return;
        const isDue =
          minutes > deploy.judgedMinutes && nowMs >= deploy.time.getTime() + minutes * minuteMs + settleMs;
        if (isDue) await this.#judgeOne(deploy, minutes);
      }
  }

  async #judgeOne(deploy: StoredDeploy, minutes: number): Promise<void> {
    const { catalog, record } = this.#options;
    const answer: RegressionLook = await judgeDeploy(this.#context(deploy.project), {
      deploy,
      minutes,
      isLowerBetter: await lowerIsBetter(catalog, deploy.project),
    });
    await keepLook(catalog, { id: deploy.id, minutes, answer });
    const { service, version, environment, project } = deploy;
    const labels = { service, version, ...(environment === '' ? {} : { environment }) };
    const timeMs = Number(this.#options.clock.now() / 1_000_000n);
    await record(
      project,
      Object.entries(answer.regressedByMeasure).map(([measure, value]) => ({
        name: regressedMetric,
        labels: { ...labels, measure },
        value,
        timeMs,
      })),
    );
  }
}

/** When a deploy is judged next; undefined where it was judged for the last time. */
export function nextLookOf(
  { time, judgedMinutes }: Pick<StoredDeploy, 'time' | 'judgedMinutes'>,
  nowMs: number,
): UnixNano | undefined {
  const next = looks.find((minutes) => minutes > judgedMinutes);
  if (next === undefined || nowMs - time.getTime() > judgedWithinMs) return undefined;
  return nanosFromMs(time.getTime() + next * minuteMs + settleMs);
}
