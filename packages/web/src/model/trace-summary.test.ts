import type { Usage } from '@sightline/schema/api';
import { describe, expect, it } from 'vitest';
import { aiStepsOf, hasOtherSteps } from './ai-steps.ts';
import { findCriticalPath } from '@sightline/schema/analysis';
import { slimTrace } from './trace-fixture.ts';
import { buildTraceModel, spanName } from './trace-model.ts';
import { traceDetail, traceName, traceSentence } from './trace-summary.ts';

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
  expect(traceDetail(model, findCriticalPath(model))).toBe('61 % in pay · 3 spans · 2 services');
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
  expect(traceDetail(model, findCriticalPath(model))).toBe('100 % in SELECT · 2 spans · 1 service');
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

describe('at the level of people', () => {
  const run = buildTraceModel(
    slimTrace([
      { id: 'root', start: 0, end: 1000, name: 'POST /v1/research', operation: 'http' },
      { id: 'agent', parent: 'root', start: 0, end: 1000, name: 'invoke_agent research', operation: 'agent' },
      { id: 'chat', parent: 'agent', start: 0, end: 400, name: 'chat gpt-5.4', operation: 'llm' },
      { id: 'post', parent: 'chat', start: 0, end: 400, name: 'POST', operation: 'http' },
      { id: 'chat2', parent: 'agent', start: 400, end: 620, name: 'chat gpt-5.4', operation: 'llm' },
      { id: 'post2', parent: 'chat2', start: 400, end: 620, name: 'POST', operation: 'http' },
      { id: 'tool', parent: 'agent', start: 620, end: 1000, name: 'execute_tool search', operation: 'tool' },
      { id: 'call', parent: 'tool', start: 620, end: 1000, name: 'tools/call search', operation: 'mcp' },
      {
        id: 'get',
        parent: 'call',
        start: 620,
        end: 1000,
        name: 'GET',
        operation: 'http',
        error: 'timed out',
      },
    ]),
  );

  it('gives the time of transport to the call it belongs to', () => {
    expect(traceDetail(run, findCriticalPath(run))).toBe(
      '62 % waiting for gpt-5.4 (2 calls) · 9 spans · 1 service',
    );
  });

  it('names a run by its agent, a trace by its root, and a failure by the tool', () => {
    expect(traceSentence(run, 'agent')).toBe('research took 1.00 s with 1 error in search: timed out');
    expect(traceSentence(run)).toMatch(/^POST \/v1\/research took/);
    expect(traceName(run, 'agent')).toBe('research');
  });

  it('leaves transport out where only AI steps are wanted, and keeps the tree', () => {
    expect(hasOtherSteps(run)).toBe(true);
    const steps = aiStepsOf(run);
    expect(Array.from(steps.order, (span) => `${steps.depth[span]} ${spanName(steps, span)}`)).toEqual([
      '0 POST /v1/research',
      '1 invoke_agent research',
      '2 chat gpt-5.4',
      '2 chat gpt-5.4',
      '2 execute_tool search',
      '3 tools/call search',
    ]);
    expect(hasOtherSteps(aiStepsOf(steps))).toBe(true);
  });
});

it('counts failures by their text', () => {
  const failing = (texts: readonly string[]) =>
    buildTraceModel(
      slimTrace([
        { id: 'root', start: 0, end: 1000, name: 'batch' },
        ...texts.map((error, i) => ({
          id: `s${i}`,
          parent: 'root',
          start: i,
          end: i + 1,
          name: `step ${i}`,
          error,
        })),
      ]),
    );
  expect(traceSentence(failing(['boom 1', 'boom 2', 'late', 'late']))).toBe(
    'batch took 1.00 s with 4 errors of 3 kinds, 2 times: late',
  );
  expect(traceSentence(failing(['boom', 'boom']))).toBe('batch took 1.00 s with 2 errors: boom');
  expect(traceSentence(failing(['boom 1', 'boom 2']))).toBe(
    'batch took 1.00 s with 2 errors of 2 kinds, first in step 0: boom 1',
  );
});
