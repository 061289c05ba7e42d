/**
 * The states of a rule's label sets. Pure: what is there, what a look found, what is there afterwards and what changed.
 *
 *     inactive → pending (for) → firing → recovering (keep firing) → inactive
 *
 * Time that nobody evaluated counts neither for `for` nor for keeping: after a gap of missed ticks one interval is credited, not the gap.
 */
import type { Verdict } from '@sightline/schema/rules';

export interface RuleTiming {
  readonly intervalMs: number;
  readonly forMs: number;
  readonly keepFiringMs: number;
  readonly noData: OutageRule;
  readonly onError: OutageRule;
}

export interface OutageRule {
  readonly policy: 'keep' | 'alerting' | 'ok' | 'own_alert';
  readonly forMs: number;
}

export type Labels = Readonly<Record<string, string>>;
export type InstanceReason = 'condition' | 'no_data' | 'error' | 'too_many';

/** One label set that is not inactive. Times are milliseconds since 1970. */
export interface Instance {
  readonly labels: Labels;
  readonly state: 'pending' | 'firing' | 'recovering';
  readonly reason: InstanceReason;
  readonly value: number | null;
  /** The tick of the first breach. */
  readonly activeSince: number;
  readonly firingSince: number | null;
  /** Evaluated time in the state it waits in. */
  readonly heldMs: number;
  /** Ticks since it was last in an answer. */
  readonly goneTicks: number;
  /** Why, in words, where the condition alone does not say it. */
  readonly note?: string;
}

export interface Sample {
  readonly key: string;
  readonly labels: Labels;
  readonly value: number;
  readonly verdict: Verdict;
  /** Why, in words; '' or left out where the condition says it. */
  readonly note?: string;
}

export type Look =
  /** `missing`: what a label set that is not in the answer means. `overflow`: how many breach beyond the bound; nothing new begins then. */
  | {
      readonly kind: 'answer';
      readonly samples: readonly Sample[];
      readonly missing: 'gone' | 'fine';
      readonly overflow: number;
    }
  | { readonly kind: 'no_data' }
  | { readonly kind: 'error'; readonly message: string };

export interface RuleState {
  /** By key. */
  readonly instances: ReadonlyMap<string, Instance>;
  readonly health: 'ok' | 'no_data' | 'error' | 'unknown';
  /** Evaluated time without an answer. */
  readonly outageMs: number;
  readonly previousTick: number | null;
}

export type TransitionKind = 'pending' | 'firing' | 'recovering' | 'resolved' | 'calmed';

export interface Transition {
  readonly key: string;
  readonly kind: TransitionKind;
  readonly reason: string;
  /** As it is after the transition, or was before it ended. */
  readonly instance: Instance;
}

export interface Stepped {
  readonly state: RuleState;
  readonly transitions: readonly Transition[];
}

export const noState: RuleState = {
  instances: new Map(),
  health: 'unknown',
  outageMs: 0,
  previousTick: null,
};

/** Ticks after which a firing label set that others outlive is taken as gone. */
const goneTicksMax = 2;
/** The note of a look that says none is the one before. */
const withNote = (instance: Instance, note: string | undefined): Instance =>
  note === undefined || note === '' ? instance : { ...instance, note };

const ownKeys = { no_data: 'no_data', error: 'error', too_many: 'too_many' } as const;

export function stepRule(
  before: RuleState,
  look: Look,
  at: { readonly tick: number; readonly timing: RuleTiming },
): Stepped {
  const { tick, timing } = at;
  const creditMs =
    before.previousTick === null ? 0 : Math.max(0, Math.min(tick - before.previousTick, timing.intervalMs));
  const step = new Step(before, { tick, timing, creditMs });
  if (look.kind === 'answer') step.answer(look);
  else step.outage(look);
  return step.result(look.kind === 'answer' ? 'ok' : look.kind);
}

class Step {
  readonly #before: RuleState;
  readonly #at: { readonly tick: number; readonly timing: RuleTiming; readonly creditMs: number };
  readonly #instances: Map<string, Instance>;
  readonly #transitions: Transition[] = [];
  #outageMs = 0;

  constructor(
    before: RuleState,
    at: { readonly tick: number; readonly timing: RuleTiming; readonly creditMs: number },
  ) {
    this.#before = before;
    this.#at = at;
    this.#instances = new Map(before.instances);
  }

  answer({ samples, missing, overflow }: Extract<Look, { kind: 'answer' }>): void {
    this.#own('no_data', undefined);
    this.#own('error', undefined);
    this.#own('too_many', overflow > 0 ? `${overflow} label sets more than are kept` : undefined);
    const seen = new Set<string>();
    for (const sample of samples) {
      seen.add(sample.key);
      const known = this.#instances.get(sample.key);
      if (known === undefined) {
        if (sample.verdict === 'breach' && overflow === 0) this.#begin(sample);
      } else
        this.#go(
          sample.key,
          withNote({ ...known, value: sample.value, goneTicks: 0 }, sample.note),
          sample.verdict,
        );
    }
    for (const [key, instance] of this.#before.instances)
      if (instance.reason === 'condition' && !seen.has(key)) this.#miss(key, instance, missing);
  }

  outage(look: { readonly kind: 'no_data' } | { readonly kind: 'error'; readonly message: string }): void {
    const { timing, creditMs } = this.#at;
    const rule = look.kind === 'no_data' ? timing.noData : timing.onError;
    const isSame = this.#before.health === look.kind;
    this.#outageMs = isSame ? this.#before.outageMs + creditMs : 0;
    this.#own(look.kind === 'no_data' ? 'error' : 'no_data', undefined);
    if (this.#outageMs < rule.forMs) return;
    const reason = look.kind === 'no_data' ? 'no data' : look.message;
    if (rule.policy === 'ok')
      for (const [key, instance] of this.#before.instances)
        if (instance.reason === 'condition') this.#end(key, instance, reason);
    if (rule.policy === 'alerting')
      for (const [key, instance] of this.#before.instances)
        if (instance.reason === 'condition' && instance.state !== 'firing') this.#fire(key, instance, reason);
    const wantsOwn =
      rule.policy === 'own_alert' ||
      (rule.policy === 'alerting' &&
        ![...this.#before.instances.values()].some((each) => each.reason === 'condition'));
    this.#own(look.kind, wantsOwn ? reason : undefined);
  }

  result(health: RuleState['health']): Stepped {
    const state = {
      instances: this.#instances,
      health,
      outageMs: this.#outageMs,
      previousTick: this.#at.tick,
    };
    return { state, transitions: this.#transitions };
  }

  #begin({ key, labels, value, note }: Sample): void {
    const { tick, timing } = this.#at;
    const instance: Instance = {
      labels,
      state: 'pending',
      reason: 'condition',
      value,
      activeSince: tick,
      firingSince: null,
      heldMs: 0,
      goneTicks: 0,
      ...(note === undefined || note === '' ? {} : { note }),
    };
    if (timing.forMs === 0) this.#fire(key, instance, note ?? '');
    else this.#put(key, instance, { kind: 'pending', reason: note ?? '' });
  }

  #go(key: string, instance: Instance, verdict: Verdict): void {
    const { timing, creditMs } = this.#at;
    const heldMs = instance.heldMs + creditMs;
    switch (instance.state) {
      case 'pending':
        if (verdict !== 'breach') this.#end(key, instance, '');
        else if (heldMs >= timing.forMs) this.#fire(key, instance, instance.note ?? '');
        else this.#instances.set(key, { ...instance, heldMs });
        return;
      case 'firing':
        if (verdict !== 'fine') this.#instances.set(key, instance);
        else if (timing.keepFiringMs === 0) this.#end(key, instance, '');
        else
          this.#put(key, { ...instance, state: 'recovering', heldMs: 0 }, { kind: 'recovering', reason: '' });
        return;
      case 'recovering':
        if (verdict !== 'fine') this.#fire(key, instance, 'again');
        else if (heldMs >= timing.keepFiringMs) this.#end(key, instance, '');
        else this.#instances.set(key, { ...instance, heldMs });
    }
  }

  #miss(key: string, instance: Instance, missing: 'gone' | 'fine'): void {
    if (missing === 'fine') {
      this.#go(key, instance, 'fine');
      return;
    }
    const goneTicks = instance.goneTicks + 1;
    if (instance.state === 'pending' || goneTicks >= goneTicksMax) this.#end(key, instance, 'series gone');
    else this.#instances.set(key, { ...instance, goneTicks });
  }

  #fire(key: string, instance: Instance, reason: string): void {
    const firing: Instance = {
      ...instance,
      state: 'firing',
      firingSince: instance.firingSince ?? this.#at.tick,
      heldMs: 0,
    };
    this.#put(key, firing, { kind: 'firing', reason });
  }

  #end(key: string, instance: Instance, reason: string): void {
    this.#instances.delete(key);
    const kind = instance.state === 'pending' ? 'calmed' : 'resolved';
    this.#transitions.push({ key, kind, reason, instance });
  }

  #put(
    key: string,
    instance: Instance,
    change: { readonly kind: TransitionKind; readonly reason: string },
  ): void {
    this.#instances.set(key, instance);
    this.#transitions.push({ key, ...change, instance });
  }

  /** An alert about the rule itself: there while there is a reason for it. */
  #own(which: keyof typeof ownKeys, reason: string | undefined): void {
    const key = ownKeys[which];
    const known = this.#instances.get(key);
    if (reason === undefined) {
      if (known !== undefined) this.#end(key, known, '');
      return;
    }
    if (known !== undefined) return;
    const { tick } = this.#at;
    const instance = { labels: {}, reason: which, value: null, activeSince: tick, goneTicks: 0 } as const;
    this.#fire(key, { ...instance, state: 'pending', firingSince: null, heldMs: 0 }, reason);
  }
}
