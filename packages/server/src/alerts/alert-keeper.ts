/**
 * Evaluates rules on ticks (multiples of their interval, by the clock of the control plane), and makes the messages about it. One server of all does, the one
 * that holds the lease; the others stand by, and send.
 *
 * What a tick found is written in one transaction that fails where the lease is lost: states, events, who is to be told, and the messages that are due at once.
 * So a tick counts once, or not at all and is evaluated again.
 */
import type { Clock } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import type { Logger } from 'pino';
import {
  addFiringMembers,
  isGroupDue,
  type MemberChange,
  resolveMembers,
  trimGroups,
} from '../catalog/alert-groups.ts';
import {
  addEvents,
  dropInstances,
  type EventRow,
  type InstanceRow,
  listInstances,
  putInstances,
  type StoredInstance,
  trimEvents,
} from '../catalog/alert-instances.ts';
import { holdLease, type Lease, LeaseKeeper } from '../catalog/lease.ts';
import { type OutboxState, readOutboxState, trimMessages } from '../catalog/alert-outbox.ts';
import {
  listEnabledAlertRules,
  readRulesVersion,
  type RuleStateRow,
  shipAlertRules,
  type StoredAlertRule,
  writeRuleStates,
} from '../catalog/alert-rules.ts';
import { readRoutes } from '../catalog/alert-silences.ts';
import type { CatalogDatabase } from '../catalog/catalog-database.ts';
import { ValueHistories } from '../outlook/value-histories.ts';
import type { LabelledValue } from '../query/alerts/read-rule-values.ts';
import type { QueryContext } from '../query/reader.ts';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
import { alertSpells } from './alert-spells.ts';
import {
  type CompiledRule,
  compileRule,
  instanceId,
  labelsOfAlert,
  summaryOf,
  thresholdOf,
  fill,
} from './compiled-rule.ts';
import type { StoredLine } from './compose-message.ts';
import { dispatchGroups } from './dispatch-groups.ts';
import { evaluateCompound, evaluateRules, type Looked, sampleTracesOf } from './evaluate-rules.ts';
import { type CompiledRoute, compileRoutes, defaultRoutes, findRoutes } from './find-routes.ts';
import { type Instance, noState, type RuleState, stepRule, type Transition } from './rule-states.ts';
import { Sender, type SenderOptions } from './sender.ts';
import { shippedRules } from './shipped-rules.ts';
import type { SloKeeper } from './slos/slo-keeper.ts';

export interface AlertKeeperOptions extends Pick<SenderOptions, 'catalog' | 'holder' | 'channelOf'> {
  readonly catalog: CatalogDatabase;
  readonly store: TelemetryStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long the oldest of what was received and is not stored yet waits; null where nothing does. */
  readonly oldestPendingMs: () => number | null;
  /** Where people find a page of the UI. */
  /** Resolves when the runs of what was just stored are settled, or after a moment. */
  readonly settle?: QueryContext['settle'];
  readonly linkTo: (path: string) => string;
  /** How fast the budgets of SLOs are spent. */
  readonly burnsAt: SloKeeper['burnsAt'];
  /** Writes samples of recording rules. */
  readonly record: (
    project: string,
    samples: readonly (LabelledValue & { readonly name: string; readonly timeMs: number })[],
  ) => Promise<void>;
}

export interface AlertMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

interface KeptRule {
  readonly stored: StoredAlertRule;
  /** Undefined where it cannot be read any more. */
  readonly compiled: CompiledRule | undefined;
  readonly problem: string;
  state: RuleState;
  /** Sample traces of what fires, as they were found. */
  readonly written: Map<string, string>;
}

const lookEveryMs = 1_000;
const outboxEveryMs = 5_000;
/** So long a tick waits for what was received before it. */
const lateMsMax = 120_000;
const keepEventsDays = 90;
const keepMessagesDays = 30;
const houseEveryMs = 3_600_000;
/** A clock that is behind by less is waited for. */
const clockBackMsMin = 60_000;
/** A gap of up to so long is not worth a line in the history. */
const gapMsMax = 60_000;
/** Traces are looked up for so many alerts of a tick that begin to fire. */
const sampledMax = 20;

export class AlertKeeper {
  readonly #options: AlertKeeperOptions;
  readonly #sender: Sender;
  readonly #histories = new ValueHistories();
  readonly #leases: LeaseKeeper;
  #lease: Lease | undefined;
  #houseKeptMs = -Infinity;
  #rules = new Map<string, KeptRule>();
  #version: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #outbox: OutboxState = { waiting: 0, dead: 0, oldestWaitingS: 0 };
  #outboxReadMs = -Infinity;
  #isStopped = false;
  #isFailing = false;
  #lagS = 0;
  #evaluated = 0;
  #failed = 0;

  constructor(options: AlertKeeperOptions) {
    this.#options = options;
    this.#sender = new Sender(options);
    this.#leases = new LeaseKeeper({ ...options, name: 'evaluate' });
  }

  start(): void {
    this.#next(0);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#work;
    await this.#sender.stop();
    await this.#leases.giveUp();
  }

  /** How far the slowest rule is behind its ticks; whether this server evaluates; what it did since its start. */
  status(): {
    readonly isEvaluator: boolean;
    readonly lagS: number;
    readonly evaluated: number;
    readonly failed: number;
  } {
    return {
      isEvaluator: this.#leases.isHeld,
      lagS: this.#lagS,
      evaluated: this.#evaluated,
      failed: this.#failed,
    };
  }

  metrics(): readonly AlertMetric[] {
    const { waiting, dead, oldestWaitingS } = this.#outbox;
    const gauge = (name: string, help: string, value: number): AlertMetric => ({
      name,
      help,
      type: 'gauge',
      samples: [{ labels: {}, value }],
    });
    const counter = (name: string, help: string, value: number): AlertMetric => ({
      ...gauge(name, help, value),
      type: 'counter',
    });
    return [
      gauge(
        'sightline_alerts_evaluator',
        'Whether this server evaluates the rules of alerts.',
        Number(this.#leases.isHeld),
      ),
      gauge(
        'sightline_alerts_evaluation_lag_seconds',
        'How far the slowest rule was behind its tick at the last look.',
        this.#lagS,
      ),
      counter('sightline_alerts_evaluations_total', 'Looks of rules.', this.#evaluated),
      counter(
        'sightline_alerts_evaluations_failed_total',
        'Looks of rules that ended in an error.',
        this.#failed,
      ),
      gauge('sightline_alerts_outbox_waiting', 'Messages that are not delivered yet.', waiting),
      gauge('sightline_alerts_outbox_dead', 'Messages that were given up.', dead),
      gauge(
        'sightline_alerts_outbox_oldest_seconds',
        'Age of the oldest message that is not delivered yet.',
        oldestWaitingS,
      ),
    ];
  }

  #next(waitMs: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#work = this.#lookOnce().finally(() => this.#next(lookEveryMs));
    }, waitMs).unref();
  }

  async #lookOnce(): Promise<void> {
    const { log } = this.#options;
    try {
      await this.#evaluate();
      this.#isFailing = false;
    } catch (error) {
      // States are read again: what was written is not known.
      this.#version = undefined;
      if (!this.#isFailing)
        log.warn({ err: error }, 'Rules of alerts could not be evaluated; they are tried again.');
      this.#isFailing = true;
    }
    try {
      await this.#sender.look();
      await this.#readOutbox();
    } catch (error) {
      if (!this.#isFailing)
        log.warn({ err: error }, 'Messages of alerts could not be read; they are tried again.');
      this.#isFailing = true;
    }
  }

  async #evaluate(): Promise<void> {
    const { catalog } = this.#options;
    const lease = await this.#hold();
    if (lease === undefined) {
      this.#version = undefined;
      this.#lagS = 0;
      return;
    }
    await this.#keepHouse();
    const { version, now } = await readRulesVersion(catalog);
    if (version !== this.#version) {
      this.#rules = await this.#load();
      this.#version = version;
    }
    const nowMs = now.getTime();
    const due = this.#due(nowMs);
    this.#lagS = Math.max(0, ...[...due.keys()].map((tick) => (nowMs - tick) / 1000));
    for (const [tick, rules] of [...due].toSorted(([a], [b]) => b - a))
      for (const [project, some] of Map.groupBy(rules, ({ stored }) => stored.project))
        await this.#tick(lease, { project, tick, rules: some, nowMs });
    if (await isGroupDue(catalog))
      await catalog.transaction(async (tx) => {
        if (await holdLease(tx, lease)) await dispatchGroups(tx, this.#options.linkTo);
      });
  }

  async #hold(): Promise<Lease | undefined> {
    const lease = await this.#leases.hold();
    // Who held it meanwhile has written states.
    if (lease !== this.#lease) this.#version = undefined;
    this.#lease = lease;
    return lease;
  }

  async #load(): Promise<Map<string, KeptRule>> {
    const { catalog } = this.#options;
    const rules = await listEnabledAlertRules(catalog);
    const instances = Map.groupBy(await listInstances(catalog), ({ ruleId }) => ruleId);
    return new Map(rules.map((stored) => [stored.id, keep(stored, instances.get(stored.id) ?? [])]));
  }

  /** Rules by the tick at which they are to be evaluated: the newest that came, of those that nobody evaluated. */
  #due(nowMs: number): Map<number, KeptRule[]> {
    const pendingMs = this.#options.oldestPendingMs();
    const due = new Map<number, KeptRule[]>();
    for (const kept of this.#rules.values()) {
      const intervalMs = kept.stored.rule.intervalS * 1000;
      const tick = Math.floor(nowMs / intervalMs) * intervalMs;
      const { previousTick } = kept.state;
      // Where the clock was set back, what is ahead of it was never evaluated.
      const isAhead = previousTick !== null && previousTick > nowMs + clockBackMsMin;
      if (previousTick !== null && tick <= previousTick && !isAhead) continue;
      // What was received before the tick is to be seen by it.
      const isAwaited =
        pendingMs !== null && nowMs - pendingMs < tick && nowMs - tick < Math.min(lateMsMax, intervalMs / 2);
      if (isAwaited) continue;
      const same = due.get(tick);
      if (same === undefined) due.set(tick, [kept]);
      else same.push(kept);
    }
    return due;
  }

  async #tick(
    lease: Lease,
    at: {
      readonly project: string;
      readonly tick: number;
      readonly rules: readonly KeptRule[];
      readonly nowMs: number;
    },
  ): Promise<void> {
    const { catalog, store, clock, oldestPendingMs, linkTo, record, settle, burnsAt } = this.#options;
    const { project, tick, rules, nowMs } = at;
    const context: QueryContext = {
      store,
      clock,
      project,
      share: 'alerts',
      settle,
      alertSpells: alertSpells(catalog, project),
    };
    const pendingMs = oldestPendingMs();
    const late = pendingMs !== null && nowMs - pendingMs < tick;
    const compiled = rules.flatMap(({ compiled: each }) => each ?? []);
    const looked = new Map(
      await evaluateRules(context, {
        rules: compiled,
        tickMs: tick,
        histories: this.#histories,
        burnsAt,
      }),
    );
    for (const { compiled: rule } of rules)
      if (rule?.body.kind === 'compound')
        looked.set(rule.id, {
          look: evaluateCompound(rule, (name) => this.#firing(project, name, looked)),
          tookMs: 0,
        });
    const stepped = rules.map((kept) => this.#step(kept, looked.get(kept.stored.id), tick));
    const firing = stepped.flatMap(({ kept, transitions }) =>
      transitions.filter(({ kind }) => kind === 'firing').map((transition) => ({ kept, transition })),
    );
    const traces = new Map<Transition, readonly string[]>();
    for (const { kept, transition } of firing.slice(0, sampledMax))
      if (kept.compiled !== undefined && transition.instance.reason === 'condition')
        traces.set(
          transition,
          await sampleTracesOf(context, kept.compiled, {
            tickMs: tick,
            labels: transition.instance.labels,
            shownBy: looked.get(kept.stored.id)?.shownBy,
          }),
        );
    const routes = compileRoutes((await readRoutes(catalog, project)) ?? defaultRoutes);
    const written = await catalog.transaction(async (tx) => {
      if (!(await holdLease(tx, lease))) return undefined;
      const news = await writeRuleStates(
        tx,
        stepped.map((each) => stateRow(each, tick)),
      );
      const some = stepped.filter(({ kept }) => news.has(kept.stored.id));
      const changes = describeChanges(some, { project, tick, late, traces, routes, linkTo });
      await putInstances(tx, changes.put);
      await dropInstances(tx, changes.dropped);
      await addEvents(tx, changes.events);
      await resolveMembers(tx, changes.over);
      await addFiringMembers(tx, changes.reported);
      if (changes.over.length > 0 || changes.reported.length > 0) await dispatchGroups(tx, linkTo);
      return changes;
    });
    if (written === undefined) {
      this.#leases.lost();
      this.#version = undefined;
      return;
    }
    for (const each of stepped) {
      each.kept.state = each.state;
      this.#evaluated++;
      if (each.state.health === 'error') this.#failed++;
    }
    for (const row of written.put)
      rules.find(({ stored }) => stored.id === row.ruleId)?.written.set(row.key, writtenText(row));
    const samples = rules.flatMap(({ stored }) =>
      (looked.get(stored.id)?.recorded ?? []).map((sample) => ({
        ...sample,
        labels: { ...sample.labels, ...stored.rule.labels },
        name: stored.rule.record,
        timeMs: tick,
      })),
    );
    if (samples.length > 0) await record(project, samples);
  }

  #step(kept: KeptRule, looked: Looked | undefined, tick: number): SteppedRule {
    const { compiled, problem, state: before } = kept;
    const look = looked?.look ?? { kind: 'error', message: problem };
    const intervalMs = kept.stored.rule.intervalS * 1000;
    const missedTicks =
      before.previousTick === null
        ? 0
        : Math.max(0, Math.round((tick - before.previousTick) / intervalMs) - 1);
    const timing = compiled?.timing ?? {
      intervalMs,
      forMs: 0,
      keepFiringMs: 0,
      noData: { policy: 'keep', forMs: 0 },
      onError: { policy: 'keep', forMs: 0 },
    };
    const { state, transitions } = stepRule(before, look, { tick, timing });
    return {
      kept,
      before,
      state,
      transitions,
      missedTicks,
      error: look.kind === 'error' ? look.message : null,
      tookMs: looked?.tookMs ?? 0,
    };
  }

  /** Label sets of a rule that fire, as the tick at hand found them where it looked at that rule. */
  #firing(
    project: string,
    name: string,
    looked: ReadonlyMap<string, Looked>,
  ): readonly LabelledValue[] | undefined {
    const kept = [...this.#rules.values()].find(
      ({ stored }) => stored.project === project && stored.rule.name === name,
    );
    if (kept === undefined) return undefined;
    const look = looked.get(kept.stored.id)?.look;
    const { compiled } = kept;
    if (look === undefined || compiled === undefined) return firingValues(kept.state);
    const { state } = stepRule(kept.state, look, {
      tick: (kept.state.previousTick ?? 0) + compiled.timing.intervalMs,
      timing: compiled.timing,
    });
    return firingValues(state);
  }

  /** For the metrics; every few seconds is enough. */
  async #readOutbox(): Promise<void> {
    const { catalog, clock } = this.#options;
    if (clock.monotonicMs() - this.#outboxReadMs < outboxEveryMs) return;
    this.#outboxReadMs = clock.monotonicMs();
    this.#outbox = await readOutboxState(catalog);
  }

  /** Rules for new projects; what is long ago goes. */
  async #keepHouse(): Promise<void> {
    const { catalog, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#houseKeptMs < houseEveryMs) return;
    this.#houseKeptMs = nowMs;
    await shipAlertRules(catalog, shippedRules);
    await trimEvents(catalog, keepEventsDays);
    await trimMessages(catalog, keepMessagesDays);
    await trimGroups(catalog, keepMessagesDays);
  }
}

interface SteppedRule {
  readonly kept: KeptRule;
  readonly before: RuleState;
  readonly state: RuleState;
  readonly transitions: readonly Transition[];
  readonly missedTicks: number;
  readonly error: string | null;
  readonly tookMs: number;
}

function firingValues({ instances }: RuleState): readonly LabelledValue[] {
  return [...instances.values()]
    .filter(({ state, reason }) => state !== 'pending' && reason === 'condition')
    .map(({ labels, value }) => ({ labels, value: value ?? NaN }));
}

function keep(stored: StoredAlertRule, instances: readonly StoredInstance[]): KeptRule {
  const { state } = stored;
  const kept = instances.map((each): [string, Instance] => [
    each.key,
    {
      labels: each.labels,
      state: each.state,
      reason: each.reason,
      value: each.value,
      activeSince: each.activeSince.getTime(),
      firingSince: each.firingSince?.getTime() ?? null,
      heldMs: each.heldMs,
      goneTicks: each.goneTicks,
      ...(each.note === '' ? {} : { note: each.note }),
    },
  ]);
  const before: RuleState =
    state === undefined
      ? { ...noState, instances: new Map(kept) }
      : {
          instances: new Map(kept),
          health: state.health,
          outageMs: state.outageMs,
          previousTick: state.lastTick.getTime(),
        };
  try {
    return { stored, compiled: compileRule(stored), problem: '', state: before, written: new Map() };
  } catch (error) {
    const problem = error instanceof SightlineError || error instanceof Error ? error.message : String(error);
    return { stored, compiled: undefined, problem, state: before, written: new Map() };
  }
}

function stateRow({ kept, state, error, tookMs, missedTicks }: SteppedRule, tick: number): RuleStateRow {
  return {
    ruleId: kept.stored.id,
    updatedAt: kept.stored.updatedAt.toISOString(),
    health: state.health,
    outageMs: state.outageMs,
    error,
    lastTick: new Date(tick).toISOString(),
    tookMs,
    missedTicks,
  };
}

interface Surroundings {
  readonly project: string;
  readonly tick: number;
  readonly late: boolean;
  readonly traces: ReadonlyMap<Transition, readonly string[]>;
  readonly routes: readonly CompiledRoute[];
  readonly linkTo: (path: string) => string;
}

interface Changes {
  readonly put: InstanceRow[];
  readonly dropped: string[];
  readonly events: EventRow[];
  readonly over: { readonly instanceId: string; readonly endedAt: string; readonly value: number | null }[];
  readonly reported: MemberChange[];
}

/** What is to be written of a tick. */
function describeChanges(stepped: readonly SteppedRule[], surroundings: Surroundings): Changes {
  const changes: Changes = { put: [], dropped: [], events: [], over: [], reported: [] };
  for (const each of stepped) describeRule(each, surroundings, changes);
  return changes;
}

function describeRule(
  { kept, before, state, transitions, missedTicks, error }: SteppedRule,
  surroundings: Surroundings,
  changes: Changes,
): void {
  const { project, tick, late, traces, routes, linkTo } = surroundings;
  const { stored, compiled, written } = kept;
  const { rule } = stored;
  const time = new Date(tick).toISOString();
  const described = compiled ?? { ...stored, condition: { type: 'any' as const }, unit: 'none' as const };
  const threshold = thresholdOf(described);
  const event = (
    kind: string,
    reason: string,
    instance?: Instance,
    id?: string,
    sampleTraces: readonly string[] = [],
  ): void => {
    changes.events.push({
      project,
      time,
      ruleId: stored.id,
      rule: rule.name,
      instanceId: id ?? null,
      labels: instance === undefined ? {} : labelsOfAlert(stored, instance),
      kind,
      reason,
      severity: rule.severity,
      value: instance?.value ?? null,
      threshold,
      sampleTraces,
      late,
      who: null,
    });
  };
  if (missedTicks > 0 && before.previousTick !== null && tick - before.previousTick > gapMsMax)
    event('missed', `not evaluated ${clockText(before.previousTick)}–${clockText(tick)}`);
  if (state.health !== before.health && (before.health !== 'unknown' || state.health !== 'ok'))
    event(state.health === 'unknown' ? 'ok' : state.health, error ?? '');
  const sampled = new Map<string, readonly string[]>();
  for (const transition of transitions) {
    const { key, kind, reason, instance } = transition;
    const id = instanceId(stored.id, key);
    const sampleTraces = traces.get(transition) ?? [];
    event(kind, reason, instance, id, sampleTraces);
    if (kind === 'firing') {
      sampled.set(key, sampleTraces);
      if (reason !== 'again')
        changes.reported.push(
          ...membersFor({ described, instance, id, sampleTraces }, { project, routes, linkTo }),
        );
    }
    if (kind === 'resolved') changes.over.push({ instanceId: id, endedAt: time, value: instance.value });
    if (kind === 'resolved' || kind === 'calmed') {
      changes.dropped.push(id);
      written.delete(key);
    }
  }
  for (const [key, instance] of state.instances) {
    const row: InstanceRow = {
      id: instanceId(stored.id, key),
      project,
      ruleId: stored.id,
      key,
      labels: instance.labels,
      state: instance.state,
      reason: instance.reason,
      value: instance.value !== null && Number.isFinite(instance.value) ? instance.value : null,
      activeSince: new Date(instance.activeSince).toISOString(),
      firingSince: instance.firingSince === null ? null : new Date(instance.firingSince).toISOString(),
      heldMs: instance.heldMs,
      goneTicks: instance.goneTicks,
      note: instance.note ?? '',
      updatedAt: time,
      sampleTraces: sampled.get(key) ?? null,
      severity: rule.severity,
    };
    if (written.get(key) !== writtenText(row)) changes.put.push(row);
  }
}

/** What of a label set is worth a write when it changes. */
function writtenText({ state, value, heldMs, goneTicks, severity }: InstanceRow): string {
  return JSON.stringify([state, value, heldMs, goneTicks, severity]);
}

const clockText = (ms: number): string => new Date(ms).toISOString().slice(11, 16);

interface Fired {
  readonly described: Pick<CompiledRule, 'rule' | 'id' | 'unit' | 'condition'>;
  readonly instance: Instance;
  readonly id: string;
  readonly sampleTraces: readonly string[];
}

function membersFor(
  { described, instance, id, sampleTraces }: Fired,
  { project, routes, linkTo }: Pick<Surroundings, 'project' | 'routes' | 'linkTo'>,
): MemberChange[] {
  const labels = labelsOfAlert(described, instance);
  const { description } = described.rule.annotations;
  const line: StoredLine = {
    labels,
    state: 'firing',
    value: instance.value !== null && Number.isFinite(instance.value) ? instance.value : null,
    since: new Date(instance.activeSince).toISOString(),
    endedAt: null,
    summary: summaryOf(described, instance),
    link: linkTo(`/alerts?alert=${id}`),
    sampleTraces,
    rule: described.rule.name,
    severity: described.rule.severity,
    text: fill(description, instance, described.unit),
  };
  return findRoutes(routes, labels).flatMap(({ route, groupKey, groupLabels }) =>
    route.channels.map((channel) => ({
      project,
      instanceId: id,
      since: new Date(instance.firingSince ?? instance.activeSince).toISOString(),
      key: groupKey,
      channel,
      labels: groupLabels,
      waitS: route.groupWaitS,
      intervalS: route.groupIntervalS,
      repeatS: route.repeatIntervalS,
      line,
    })),
  );
}
