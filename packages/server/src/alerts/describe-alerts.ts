/** Rows of the control plane as the API has them. */
import { formatNanos, nanosFromMs } from '@sightline/base';
import type { AlertEvent, AlertInstance, AlertNotification, AlertRule, Silence } from '@sightline/schema/api';
import type { StoredEvent, StoredInstance } from '../catalog/alert-instances.ts';
import type { StoredMessage } from '../catalog/alert-outbox.ts';
import type { StoredAlertRule } from '../catalog/alert-rules.ts';
import type { StoredSilence } from '../catalog/alert-silences.ts';
import { compileRule, fill, labelsOfAlert, summaryOf, thresholdOf } from './compiled-rule.ts';
import { compileMatchers, type LabelTest } from './label-matchers.ts';
import { lookLink } from './look-link.ts';
import type { Notification } from './notification.ts';
import type { Labels } from './rule-states.ts';

export const timeText = (date: Date): string => formatNanos(nanosFromMs(date.getTime()));

export function describeRule(stored: StoredAlertRule, instances: readonly StoredInstance[]): AlertRule {
  const mine = instances.filter(({ ruleId }) => ruleId === stored.id);
  const count = (state: StoredInstance['state']): number =>
    mine.filter((each) => each.state === state && each.reason === 'condition').length;
  const { state } = stored;
  return {
    ...stored.rule,
    id: stored.id,
    shipped: stored.shipped !== null,
    createdAt: timeText(stored.createdAt),
    updatedAt: timeText(stored.updatedAt),
    state: {
      health: state?.health ?? 'unknown',
      error: state?.error ?? null,
      since: state === undefined ? null : timeText(state.healthSince),
      lastTick: state === undefined ? null : timeText(state.lastTick),
      lastEvaluatedAt: state === undefined ? null : timeText(state.evaluatedAt),
      tookMs: state?.tookMs ?? null,
      missedTicks: state?.missedTicks ?? 0,
      instances: { pending: count('pending'), firing: count('firing'), recovering: count('recovering') },
      tooMany: mine.some(({ reason }) => reason === 'too_many'),
    },
  };
}

/** What hides alerts of a project, and of what they are. */
export class AlertView {
  readonly #rules: ReadonlyMap<string, StoredAlertRule>;
  readonly #byName: ReadonlyMap<string, StoredAlertRule>;
  readonly #firing: ReadonlyMap<string, readonly StoredInstance[]>;
  readonly #silences: readonly { readonly id: string; readonly test: LabelTest }[];

  constructor(of: {
    readonly rules: readonly StoredAlertRule[];
    readonly instances: readonly StoredInstance[];
    readonly silences: readonly StoredSilence[];
  }) {
    this.#rules = new Map(of.rules.map((rule) => [rule.id, rule]));
    this.#byName = new Map(of.rules.map((rule) => [rule.rule.name, rule]));
    this.#firing = Map.groupBy(
      of.instances.filter(({ state }) => state === 'firing'),
      ({ ruleId }) => ruleId,
    );
    this.#silences = of.silences
      .filter(({ state }) => state === 'active')
      .map(({ id, matchers }) => ({ id, test: safeTest(matchers) }));
  }

  silencedBy(labels: Labels): string[] {
    return this.#silences.filter(({ test }) => test(labels)).map(({ id }) => id);
  }

  /** Names of rules that fire and say of the rule of this name, for these labels, that it need not be told. */
  inhibitedBy(rule: string, labels: Labels): string[] {
    return (this.#byName.get(rule)?.rule.inhibitedBy ?? [])
      .filter(({ rule: name, equal }) =>
        (this.#firing.get(this.#byName.get(name)?.id ?? '') ?? []).some((other) =>
          equal.every((label) => (other.labels[label] ?? '') === (labels[label] ?? '')),
        ),
      )
      .map(({ rule: name }) => name);
  }

  /** Undefined where its rule is gone. */
  labelsOf(instance: StoredInstance): Labels | undefined {
    const stored = this.#rules.get(instance.ruleId);
    return stored === undefined ? undefined : labelsOfAlert(stored, instance);
  }

  describe(instance: StoredInstance): AlertInstance | undefined {
    const stored = this.#rules.get(instance.ruleId);
    if (stored === undefined) return undefined;
    const rule = meaningOf(stored);
    const labels = labelsOfAlert(stored, instance);
    const { annotations, name, severity } = stored.rule;
    return {
      id: instance.id,
      ruleId: stored.id,
      rule: name,
      severity,
      state: instance.state,
      reason: instance.reason,
      labels: { ...labels },
      summary: summaryOf(rule, instance),
      description: fill(annotations.description, instance, rule.unit),
      runbookUrl: annotations.runbookUrl,
      value: instance.value,
      threshold: thresholdOf(rule),
      unit: rule.unit,
      activeSince: timeText(instance.activeSince),
      firingSince: instance.firingSince === null ? null : timeText(instance.firingSince),
      updatedAt: timeText(instance.updatedAt),
      sampleTraces: [...instance.sampleTraces],
      link: lookLink({ id: stored.id, body: rule.body }, instance.labels, instance.updatedAt),
      acknowledged:
        instance.ackAt === null
          ? null
          : { who: instance.ackWho ?? '', comment: instance.ackComment ?? '', at: timeText(instance.ackAt) },
      silencedBy: this.silencedBy(labels),
      inhibitedBy: this.inhibitedBy(name, labels),
    };
  }
}

function meaningOf(stored: StoredAlertRule): Pick<
  ReturnType<typeof compileRule>,
  'rule' | 'unit' | 'condition'
> & {
  readonly body?: ReturnType<typeof compileRule>['body'];
} {
  try {
    return compileRule(stored);
  } catch {
    return { rule: stored.rule, unit: 'none', condition: { type: 'any' } };
  }
}

function safeTest(matchers: string): LabelTest {
  try {
    return compileMatchers(matchers);
  } catch {
    return () => false;
  }
}

export function describeEvent(event: StoredEvent): AlertEvent {
  return {
    ...event,
    time: timeText(event.time),
    labels: { ...event.labels },
    kind: event.kind as AlertEvent['kind'],
    sampleTraces: [...event.sampleTraces],
    link: `/alerts/rule?id=${event.ruleId}`,
  };
}

export function describeSilence(silence: StoredSilence, alerts: readonly Labels[]): Silence {
  const test = safeTest(silence.matchers);
  return {
    ...silence,
    startsAt: timeText(silence.startsAt),
    endsAt: timeText(silence.endsAt),
    createdAt: timeText(silence.createdAt),
    hits: silence.state === 'active' ? alerts.filter(test).length : 0,
  };
}

export function describeMessage(message: StoredMessage): AlertNotification {
  const { rule, status, title, key, alertCount } = message.body as Notification;
  return {
    id: message.id,
    channel: message.channel,
    groupKey: key,
    sequence: message.sequence,
    dedupeKey: message.dedupeKey,
    rule,
    status,
    title,
    state: message.state,
    attempts: message.attempts,
    createdAt: timeText(message.createdAt),
    dueAt: timeText(message.dueAt),
    deliveredAt: message.deliveredAt === null ? null : timeText(message.deliveredAt),
    lastError: message.lastError,
    alertCount,
  };
}
