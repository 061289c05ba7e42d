import { expect, it } from 'vitest';
import { KeptAnswers } from './kept-answers.ts';

it('asks once a minute, for each key by itself, and again where it failed', async () => {
  let nowMs = 0;
  let asked = 0;
  const kept = new KeptAnswers<string>(200);
  const read = async (key: string, isRefused = false) =>
    kept.read(key, nowMs, async () => {
      asked += 1;
      if (isRefused) throw new Error('no');
      return key;
    });
  await expect(read('a', true)).rejects.toThrow('no');
  expect(await Promise.all([read('a'), read('a')])).toEqual(['a', 'a']);
  expect(asked).toBe(2);
  expect(await read('b')).toBe('b');
  expect(asked).toBe(3);
  nowMs = 60_001;
  await read('a');
  expect(asked).toBe(4);
});
