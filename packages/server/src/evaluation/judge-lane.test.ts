import { expect, test } from 'vitest';
import { type JudgeJob, JudgeLane, laneBounds } from './judge-lane.ts';

/** A lane whose judges answer when they are told to, if at all. */
function laneOf() {
  const started: JudgeJob[] = [];
  const answers = new Map<JudgeJob, () => void>();
  const lane = new JudgeLane(async (job) => {
    started.push(job);
    await new Promise<void>((resolve) => answers.set(job, resolve));
  });
  const add = (evaluatorId: string, trace: number, project = 'p') =>
    lane.add({ project, evaluatorId, traceId: `t${trace}`, lastSeconds: trace });
  return {
    lane,
    add,
    answer: async (evaluatorId: string) => {
      for (const [job, resolve] of answers) if (job.evaluatorId === evaluatorId) resolve();
      await new Promise((resolve) => setImmediate(resolve));
    },
    startedOf: (evaluatorId: string) => started.filter((job) => job.evaluatorId === evaluatorId).length,
  };
}

test('a judge that hangs takes its own places only', async () => {
  const { lane, add, answer, startedOf } = laneOf();
  for (let trace = 1; trace <= 50; trace += 1) add('hangs', trace);
  for (let trace = 1; trace <= 50; trace += 1) add('answers', trace);
  expect(startedOf('hangs')).toBe(laneBounds.atOncePerJudge);
  while (startedOf('answers') < 50) await answer('answers');
  expect(startedOf('hangs')).toBe(laneBounds.atOncePerJudge);
  await answer('answers');
  expect(lane.size).toBe(50);
  expect([lane.has('hangs', 't1'), lane.has('hangs', 't50'), lane.has('answers', 't50')]).toEqual([
    true,
    true,
    false,
  ]);
});

test('judges take turns where there are more of them than places', async () => {
  const { add, answer, startedOf } = laneOf();
  const judges = ['a', 'b', 'c', 'd', 'e'];
  for (const judge of judges) for (let trace = 1; trace <= 8; trace += 1) add(judge, trace);
  expect(judges.map(startedOf)).toEqual([4, 4, 4, 4, 0]);
  await answer('a');
  expect([startedOf('a'), startedOf('e')]).toEqual([6, 2]);
});

test('what does not fit is refused, and what waits is known by its project and its oldest', async () => {
  const { lane, add, answer } = laneOf();
  const fits = laneBounds.atOncePerJudge + laneBounds.waitingPerJudgeMax;
  for (let trace = 1; trace <= fits; trace += 1) expect(add('hangs', trace)).toBe(true);
  expect(add('hangs', fits + 1)).toBe(false);
  expect(add('other', 7, 'q')).toBe(true);
  expect([lane.hasRoom('p'), lane.hasRoom('q')]).toEqual([false, true]);
  expect([lane.oldestOf('p'), lane.oldestOf('q'), lane.oldestOf('r')]).toEqual([1, 7, Infinity]);
  lane.forget('p');
  expect(lane.size).toBe(laneBounds.atOncePerJudge + 1);
  const stopped = lane.stop();
  await answer('hangs');
  await answer('other');
  await stopped;
  expect([lane.size, add('hangs', 1)]).toEqual([0, false]);
});
