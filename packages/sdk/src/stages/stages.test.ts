import { describe, expect, it } from 'vitest';
import {
  clearThread,
  getExecutionSummary,
  getStageStatistics,
  isKept,
  trackStage,
  trackSubstage,
} from '../index.ts';
import { startSdk, spanNamed } from '../test/start-sdk.ts';
import { threadsMax } from './stage-store.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('stage tracking', () => {
  it('summarises a request as a tree with times, metadata and success, and makes real spans', async () => {
    const memory = startSdk();
    await trackStage('retrieve', 'Retrieval', 't-1', async (stage) => {
      await trackSubstage('bm25', 'BM25', async () => pause(10));
      stage.setMetadata({ documents: 3 });
    });
    await expect(
      trackStage('generate', 'Generation', 't-1', async () => {
        throw new RangeError('too long');
      }),
    ).rejects.toThrow();
    const summary = getExecutionSummary('t-1');
    expect(summary).toMatchObject({
      stageCount: 3,
      success: false,
      stages: [
        {
          stageId: 'retrieve',
          success: true,
          metadata: { documents: 3 },
          substages: [{ stageId: 'bm25', success: true }],
        },
        { stageId: 'generate', success: false, errorType: 'RangeError', errorMessage: 'too long' },
      ],
    });
    expect(summary?.totalMs).toBeGreaterThan(9);
    expect(spanNamed(memory, 'BM25').parentSpanContext?.spanId).toBe(
      spanNamed(memory, 'Retrieval').spanContext().spanId,
    );
    clearThread('t-1');
    expect(getExecutionSummary('t-1')).toBeUndefined();
  });

  it('gives count, average, percentiles and success rate of a stage over requests', () => {
    startSdk();
    for (let index = 0; index < 20; index++) {
      try {
        trackStage('rank', 'Rank', `r-${index}`, () => {
          if (index % 4 === 0) throw new Error('x');
        });
      } catch {}
    }
    expect(getStageStatistics('rank')).toMatchObject({ count: 20, successRate: 0.75 });
    expect(getStageStatistics('rank', 5)?.count).toBe(5);
    expect(getStageStatistics('nothing')).toBeUndefined();
  });

  it('keeps a bounded number of threads, the oldest out first', () => {
    startSdk();
    for (let index = 0; index <= threadsMax; index++) trackStage('s', 'S', `many-${index}`, () => undefined);
    expect(getExecutionSummary('many-0')).toBeUndefined();
    expect(getExecutionSummary(`many-${threadsMax}`)?.stageCount).toBe(1);
  });

  it('samples by the hash of the thread id', () => {
    const memory = startSdk({ sampling: { rate: 0.3 } });
    const ids = Array.from({ length: 200 }, (_, index) => `thread-${index}`);
    for (const id of ids) trackStage('s', 'S', id, () => undefined);
    expect(memory.spans.map((span) => span.attributes['sightline.thread.id'])).toEqual(
      ids.filter((id) => isKept(id, 0.3)),
    );
  });
});
