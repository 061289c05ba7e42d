import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adjustForMany } from './adjust-for-many.ts';
import { fisherExact } from './fisher-exact.ts';
import { shiftBetween, shiftOfPairs } from './hodges-lehmann.ts';
import { mannWhitney } from './mann-whitney.ts';
import { signedRank } from './signed-rank.ts';

interface Case {
  readonly a: number[];
  readonly b: number[];
  readonly d: number[];
  readonly table: [number, number, number, number];
  readonly ps: number[];
  readonly u: number;
  readonly p: number;
  readonly w: number;
  readonly wp: number;
  readonly shift: number;
  readonly walsh: number;
  readonly fisher: number;
  readonly bh: number[];
}

const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, 'scipy-values.json'), 'utf8')) as {
  readonly cases: readonly Case[];
};

describe('statistics', () => {
  it('equal SciPy to 1e-6 on 200 random inputs', () => {
    const far = cases.flatMap((each, index) => {
      const { a, b, d, table, ps } = each;
      const mw = mannWhitney(a, b);
      const w = signedRank(d);
      const [f1, o1, f2, o2] = table;
      const found: Record<string, [number, number]> = {
        u: [mw.u, each.u],
        p: [mw.p, each.p],
        w: [w.statistic, each.w],
        wp: [w.p, each.wp],
        shift: [shiftBetween(a, b).shift, each.shift],
        walsh: [shiftOfPairs(d).shift, each.walsh],
        fisher: [fisherExact({ failed: f1, of: f1 + o1 }, { failed: f2, of: f2 + o2 }), each.fisher],
        ...Object.fromEntries(adjustForMany(ps).map((q, at) => [`bh${at}`, [q, each.bh[at] ?? NaN]])),
      };
      return Object.entries(found)
        .filter(([, [ours, theirs]]) => !(Math.abs(ours - theirs) <= 1e-6))
        .map(
          ([name, [ours, theirs]]) =>
            `${index} ${name}: ${ours} instead of ${theirs} (n ${a.length}, m ${b.length})`,
        );
    });
    expect(cases).toHaveLength(200);
    expect(far).toEqual([]);
  });

  it('has intervals that hold the true shift in 93 to 97 of 100 cases', () => {
    let seed = 7;
    const uniform = (): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return (seed + 0.5) / 2 ** 32;
    };
    const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    const rounds = 1_000;
    let between = 0;
    let paired = 0;
    for (let round = 0; round < rounds; round++) {
      const a = Array.from({ length: 25 }, normal);
      const b = Array.from({ length: 30 }, () => normal() + 0.5);
      const one = shiftBetween(a, b);
      if (one.low <= 0.5 && one.high >= 0.5) between++;
      const two = shiftOfPairs(a.map((value, index) => (b[index] ?? 0) - value));
      if (two.low <= 0.5 && two.high >= 0.5) paired++;
    }
    for (const held of [between, paired]) {
      expect(held / rounds).toBeGreaterThan(0.93);
      expect(held / rounds).toBeLessThan(0.975);
    }
  });
});
