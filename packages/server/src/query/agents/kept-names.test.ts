import { unixNano } from '@sightline/base';
import { expect, it } from 'vitest';
import { noJoinedModels } from './model-names.ts';
import { KeptNames } from './kept-names.ts';

it('asks for the names of a range once a minute, of each project by itself, and again where it failed', async () => {
  let nowMs = 0;
  let asked = 0;
  const kept = new KeptNames();
  const read = async (project: string, isRefused = false) =>
    kept.read(
      { project, clock: { now: () => unixNano(0n), monotonicMs: () => nowMs } },
      { from: unixNano(0n), to: unixNano(1n) },
      async () => {
        asked += 1;
        if (isRefused) throw new Error('no');
        return noJoinedModels;
      },
    );
  await expect(read('a', true)).rejects.toThrow('no');
  await Promise.all([read('a'), read('a')]);
  expect(asked).toBe(2);
  await read('b');
  expect(asked).toBe(3);
  nowMs = 60_001;
  await read('a');
  expect(asked).toBe(4);
});
