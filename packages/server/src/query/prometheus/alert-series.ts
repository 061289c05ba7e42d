/**
 * `ALERTS` and `ALERTS_FOR_STATE`, which a Prometheus writes for the rules that it evaluates: made of the history of alerts when they are asked for, kept nowhere.
 * Sampled at each look of the rule while the alert is there, and ended where it ended.
 */
import type { Matcher } from '../../promql/ast.ts';
import { Labels } from '../../promql/labels.ts';
import { compileMatchers } from '../../promql/matchers.ts';
import type { Patterns } from '../../promql/patterns.ts';
import type { RawSeries } from '../../promql/series.ts';

/** A time in which an alert was in one state. */
export interface AlertSpell {
  /** Of the alert, `alertname` among them. */
  readonly labels: Readonly<Record<string, string>>;
  /** An alert that recovers fires still. */
  readonly state: 'pending' | 'firing';
  readonly fromMs: number;
  /** Null while it lasts. */
  readonly toMs: number | null;
  /** When the condition was met first. */
  readonly activeSinceMs: number;
  /** Between two looks of its rule. */
  readonly intervalMs: number;
}

/** What was pending or fired in a time, the oldest of each alert first. Undefined where there is more than is read. */
export type AlertSpells = (range: {
  readonly fromMs: number;
  readonly toMs: number;
}) => Promise<readonly AlertSpell[] | undefined>;

const metadata = [
  { name: 'ALERTS', type: 'gauge', help: 'Alerts that are pending or fire, by alertstate.', unit: '' },
  {
    name: 'ALERTS_FOR_STATE',
    type: 'gauge',
    help: 'Since when the condition of an alert is met, in seconds since 1970.',
    unit: '',
  },
] as const;

export const alertMetadata: readonly (typeof metadata)[number][] = metadata;
type Name = (typeof metadata)[number]['name'];

/** Which of the names the matchers ask for, but those that somebody sends: they are answered as they were sent. */
export function alertNamesAsked(
  matchers: readonly Matcher[],
  { patterns, sent }: { readonly patterns: Patterns; readonly sent: ReadonlySet<string> },
): readonly Name[] {
  const ofName = compileMatchers(
    matchers.filter(({ name }) => name === '__name__'),
    patterns,
  );
  return metadata
    .map(({ name }) => name)
    .filter((name) => !sent.has(name) && ofName(Labels.from([['__name__', name]])));
}

export function alertSeries(
  spells: readonly AlertSpell[],
  asked: {
    readonly names: readonly Name[];
    readonly kept: (labels: Labels) => boolean;
    readonly fromMs: number;
    /** Not after now. */
    readonly toMs: number;
    /** Undefined is answered where there would be more. */
    readonly samplesMax: number;
  },
): readonly RawSeries[] | undefined {
  const found = new Map<string, Samples>();
  let samplesLeft = asked.samplesMax;
  for (const name of asked.names)
    for (const spell of spells) {
      const ofState = name === 'ALERTS' ? { alertstate: spell.state } : {};
      const labels = Labels.from(Object.entries({ ...spell.labels, ...ofState, __name__: name }));
      if (!asked.kept(labels)) continue;
      const samples = found.get(labels.key) ?? { labels, times: [], values: [], stale: [] };
      found.set(labels.key, samples);
      const before = samples.times.length;
      addSamples(samples, spell, {
        ...asked,
        value: name === 'ALERTS' ? 1 : spell.activeSinceMs / 1000,
        countMax: samplesLeft,
      });
      samplesLeft -= samples.times.length - before;
      if (samplesLeft <= 0) return undefined;
    }
  return [...found.values()].filter(({ times }) => times.length > 0).map(ordered);
}

/** Rules may make alerts with the same labels: of two samples at one time the one that is no end counts. */
function ordered({ labels, times, values, stale }: Samples): RawSeries {
  const order = [...times.keys()]
    .toSorted((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || (stale[a] ?? 0) - (stale[b] ?? 0))
    .filter((at, place, all) => place === 0 || times[at] !== times[all[place - 1] ?? at]);
  const pick = (list: readonly number[]): number[] => order.map((at) => list[at] ?? 0);
  return { labels, times: pick(times), values: pick(values), stale: Uint8Array.from(pick(stale)) };
}

interface Samples {
  readonly labels: Labels;
  readonly times: number[];
  readonly values: number[];
  readonly stale: number[];
}

function addSamples(
  { times, values, stale }: Samples,
  { fromMs: beganMs, toMs: endedMs, intervalMs }: AlertSpell,
  asked: {
    readonly fromMs: number;
    readonly toMs: number;
    readonly value: number;
    readonly countMax: number;
  },
): void {
  // A state that goes on in the next spell, as of a firing alert that recovers, has no end between them.
  if (times.at(-1) === beganMs && stale.at(-1) === 1) for (const list of [times, values, stale]) list.pop();
  const looks = Math.max(0, Math.floor((asked.fromMs - beganMs) / intervalMs) + 1);
  const first = asked.fromMs < beganMs ? beganMs : beganMs + looks * intervalMs;
  const lastMs = Math.min(asked.toMs, endedMs === null ? asked.toMs : endedMs - 1);
  const count = Math.min(asked.countMax, Math.max(0, Math.floor((lastMs - first) / intervalMs) + 1));
  for (let at = 0; at < count; at++) {
    times.push(first + at * intervalMs);
    values.push(asked.value);
    stale.push(0);
  }
  if (endedMs === null || endedMs <= asked.fromMs || endedMs > asked.toMs) return;
  times.push(endedMs);
  values.push(0);
  stale.push(1);
}
