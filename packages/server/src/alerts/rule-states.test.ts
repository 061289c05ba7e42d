import fc from 'fast-check';
import type { Verdict } from '@sightline/schema/rules';
import { describe, expect, it } from 'vitest';
import {
  type Look,
  noState,
  type RuleState,
  type RuleTiming,
  stepRule,
  type Transition,
} from './rule-states.ts';

const minute = 60_000;
const timing: RuleTiming = {
  intervalMs: minute,
  forMs: 0,
  keepFiringMs: 0,
  noData: { policy: 'keep', forMs: 0 },
  onError: { policy: 'keep', forMs: 0 },
};

function answer(...verdicts: readonly (Verdict | undefined)[]): Look {
  const samples = verdicts.flatMap((verdict, index) =>
    verdict === undefined ? [] : [{ key: `k${index}`, labels: { n: String(index) }, value: index, verdict }],
  );
  return samples.length === 0
    ? { kind: 'no_data' }
    : { kind: 'answer', samples, missing: 'gone', overflow: 0 };
}

function run(looks: readonly (Look | 'skip')[], given: Partial<RuleTiming> = {}): string[] {
  let state = noState;
  return looks.map((look, index) => {
    if (look === 'skip') return '-';
    const stepped = stepRule(state, look, { tick: index * minute, timing: { ...timing, ...given } });
    state = stepped.state;
    return stepped.transitions
      .map(({ key, kind, reason }) => [key, kind, reason].filter(Boolean).join(' '))
      .join(', ');
  });
}

describe('the states of a rule', () => {
  it('fires at once without a time to wait, and recovers', () => {
    expect(run([answer('fine'), answer('breach'), answer('breach'), answer('fine')])).toEqual([
      '',
      'k0 firing',
      '',
      'k0 resolved',
    ]);
  });

  it('waits for a time, and begins anew when it is calm between', () => {
    const looks = [
      answer('breach'),
      answer('breach'),
      answer('fine'),
      ...[1, 2, 3].map(() => answer('breach')),
    ];
    expect(run(looks, { forMs: 2 * minute })).toEqual([
      'k0 pending',
      '',
      'k0 calmed',
      'k0 pending',
      '',
      'k0 firing',
    ]);
  });

  it('does not count time that nobody evaluated', () => {
    const looks = [answer('breach'), 'skip' as const, 'skip' as const, answer('breach'), answer('breach')];
    expect(run(looks, { forMs: 2 * minute })).toEqual(['k0 pending', '-', '-', '', 'k0 firing']);
  });

  it('stays between threshold and recovery, and keeps firing for a time', () => {
    expect(run([answer('breach'), answer('held'), answer('fine')])).toEqual(['k0 firing', '', 'k0 resolved']);
    const looks = [
      answer('breach'),
      answer('fine'),
      answer('breach'),
      answer('fine'),
      answer('fine'),
      answer('fine'),
    ];
    expect(run(looks, { keepFiringMs: 2 * minute })).toEqual([
      'k0 firing',
      'k0 recovering',
      'k0 firing again',
      'k0 recovering',
      '',
      'k0 resolved',
    ]);
  });

  it('takes a label set as gone after two looks without it', () => {
    expect(run([answer('breach', 'fine'), answer(undefined, 'fine'), answer(undefined, 'fine')])).toEqual([
      'k0 firing',
      '',
      'k0 resolved series gone',
    ]);
  });

  it.each([
    ['keep', ['k0 firing', '', 'k0 resolved']],
    ['ok', ['k0 firing', 'k0 resolved no data', '']],
    ['own_alert', ['k0 firing', 'no_data firing no data', 'no_data resolved, k0 resolved']],
    ['alerting', ['k0 firing', '', 'k0 resolved']],
  ] as const)('without data: %s', (policy, expected) => {
    expect(run([answer('breach'), answer(), answer('fine')], { noData: { policy, forMs: 0 } })).toEqual(
      expected,
    );
  });

  it('alerts for want of data after its own time, also where nothing was there before', () => {
    const noData = { policy: 'alerting', forMs: minute } as const;
    expect(run([answer('fine'), answer(), answer(), answer('fine')], { noData })).toEqual([
      '',
      '',
      'no_data firing no data',
      'no_data resolved',
    ]);
  });

  it('tells errors apart from want of data', () => {
    const own = { policy: 'own_alert', forMs: 0 } as const;
    const error: Look = { kind: 'error', message: 'no such column' };
    expect(run([error, answer(), error, answer('fine')], { noData: own, onError: own })).toEqual([
      'error firing no such column',
      'error resolved, no_data firing no data',
      'no_data resolved, error firing no such column',
      'error resolved',
    ]);
  });

  it('says that there are too many label sets in one alert', () => {
    const many: Look = {
      kind: 'answer',
      samples: [{ key: 'k0', labels: {}, value: 1, verdict: 'breach' }],
      missing: 'gone',
      overflow: 9,
    };
    expect(run([many, many, answer('breach')])).toEqual([
      'too_many firing 9 label sets more than are kept',
      '',
      'too_many resolved, k0 firing',
    ]);
  });

  /** The same in another way: each label set by itself, from its whole history. */
  function reference(
    history: readonly (Verdict | 'missing' | 'skip')[],
    { forMs, keepFiringMs }: RuleTiming,
  ): string[] {
    let state: 'off' | 'pending' | 'firing' | 'recovering' = 'off';
    let waited = 0;
    let gone = 0;
    let last = -Infinity;
    return history.map((seen, index) => {
      if (seen === 'skip') return 'skip';
      const credit = last === -Infinity ? 0 : Math.min((index - last) * minute, minute);
      last = index;
      gone = seen === 'missing' ? gone + 1 : 0;
      const isFine = seen === 'fine' || (seen === 'held' && (state === 'pending' || state === 'off'));
      if (state === 'off') {
        if (seen === 'breach') [state, waited] = [forMs === 0 ? 'firing' : 'pending', 0];
      } else if (seen === 'missing') {
        if (state === 'pending' || gone === 2) state = 'off';
      } else if (state === 'pending') {
        waited += credit;
        if (isFine) state = 'off';
        else if (waited >= forMs) state = 'firing';
      } else if (state === 'firing') {
        if (isFine) [state, waited] = [keepFiringMs === 0 ? 'off' : 'recovering', 0];
      } else {
        waited += credit;
        if (!isFine) state = 'firing';
        else if (waited >= keepFiringMs) state = 'off';
      }
      return state;
    });
  }

  it('does what the reference does, for any history', () => {
    const seen = fc.constantFrom<Verdict | 'missing'>('breach', 'held', 'fine', 'missing');
    // The last label set is always there, so that the answer is never empty.
    const look = fc.option(fc.array(seen, { minLength: 3, maxLength: 3 }), { freq: 6, nil: undefined });
    const times = fc.constantFrom(0, 30_000, minute, 2 * minute, 3 * minute);
    fc.assert(
      fc.property(fc.array(look, { maxLength: 30 }), times, times, (looks, forMs, keepFiringMs) => {
        const given = { ...timing, forMs, keepFiringMs };
        let state: RuleState = noState;
        const transitions: Transition[] = [];
        const states = looks.map((verdicts, index) => {
          if (verdicts === undefined) return ['skip', 'skip', 'skip'];
          const present = verdicts.map((verdict) => (verdict === 'missing' ? undefined : verdict));
          const stepped = stepRule(state, answer(...present, 'fine'), {
            tick: index * minute,
            timing: given,
          });
          transitions.push(...stepped.transitions);
          state = stepped.state;
          return [0, 1, 2].map((key) => state.instances.get(`k${key}`)?.state ?? 'off');
        });
        for (const place of [0, 1, 2])
          expect(states.map((each) => each[place])).toEqual(
            reference(
              looks.map((verdicts) => verdicts?.[place] ?? 'skip'),
              given,
            ),
          );
        // Whoever reads transitions alone knows the states.
        for (const place of [0, 1, 2]) {
          const mine = transitions.filter(({ key }) => key === `k${place}`).map(({ kind }) => kind);
          const firings = mine.filter(
            (kind) => kind === 'resolved' || kind === 'firing' || kind === 'recovering',
          );
          for (const [index, kind] of firings.entries()) {
            if (kind === 'resolved' || kind === 'recovering')
              expect(['firing', 'recovering']).toContain(firings[index - 1]);
            else expect([undefined, 'resolved', 'recovering']).toContain(firings[index - 1]);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
