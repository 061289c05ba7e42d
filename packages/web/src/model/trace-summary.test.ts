import type { Usage } from '@sightline/schema/api';
import { expect, it } from 'vitest';
import { findCriticalPath } from './critical-path.ts';
import { slimTrace } from './trace-fixture.ts';
import { buildTraceModel } from './trace-model.ts';
import { traceDetail, traceSentence } from './trace-summary.ts';

it('names the failure that started it, not the ones it caused', () => {
  const model = buildTraceModel(
    slimTrace([
      { id: 'root', start: 0, end: 2310, name: 'checkout', error: 'failed' },
      { id: 'mid', parent: 'root', start: 10, end: 2300, name: 'pay', service: 'payments', error: 'failed' },
      {
        id: 'low',
        parent: 'mid',
        start: 20,
        end: 900,
        name: 'POST /charge',
        service: 'payments',
        error: 'card declined',
      },
    ]),
  );
  expect(traceSentence(model)).toBe('checkout failed after 2.31 s in POST /charge (payments): card declined');
  expect(traceDetail(model, findCriticalPath(model))).toBe(
    '61 % of the critical path in pay · 3 spans · 2 services · 3 errors',
  );
});

it('is short when all is well', () => {
  const model = buildTraceModel(slimTrace([{ id: 'root', start: 0, end: 12, name: 'ping' }]));
  expect(traceSentence(model)).toBe('ping took 12.0 ms');
  expect(traceDetail(model, findCriticalPath(model))).toBe('1 span · 1 service');
});

it('stays a headline, however long the names are', () => {
  const model = buildTraceModel(
    slimTrace([
      { id: 'root', start: 0, end: 12, name: `GET /${'segment/'.repeat(50)}`, error: 'no '.repeat(200) },
      { id: 'child', parent: 'root', start: 0, end: 12, name: 'SELECT\n'.repeat(99) },
    ]),
  );
  expect(traceSentence(model).length).toBeLessThan(260);
  expect(traceDetail(model, findCriticalPath(model))).toBe(
    '100 % of the critical path in SELECT · 2 spans · 1 service · 1 error',
  );
});

it('tells what the run counts, not what its spans add up to', () => {
  const model = buildTraceModel(slimTrace([{ id: 'root', start: 0, end: 12, name: 'ping' }]));
  const used = { ...noUsage, inputTokens: 1000, outputTokens: 100, costUsd: 0.0011 };
  const detail = (usage: Usage) => traceDetail(model, findCriticalPath(model), usage);
  expect(detail(used)).toBe('1 span · 1 service · 1,100 tokens · $0.0011');
  expect(detail({ ...noUsage, unpricedCalls: 1 })).toBe('1 span · 1 service · cost unknown');
  expect(detail({ ...used, unpricedCalls: 1 })).toBe('1 span · 1 service · 1,100 tokens · at least $0.0011');
});

const noUsage: Usage = {
  inputTokens: null,
  outputTokens: null,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  reasoningTokens: null,
  costUsd: null,
  unpricedCalls: 0,
};
