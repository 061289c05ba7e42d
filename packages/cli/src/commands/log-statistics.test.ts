import { expect, test } from 'vitest';
import type { LogRecord } from '@sightline/schema/api';
import { rateCaches, timeFunctions } from './log-statistics.ts';

const log = (service: string, attributes: LogRecord['attributes']): LogRecord => ({
  id: '1-1',
  timestamp: '2026-11-21T10:00:00.000000000Z',
  observedTimestamp: null,
  severity: 'INFO',
  severityNumber: 9,
  severityText: 'INFO',
  body: 'x',
  eventName: '',
  service,
  traceId: null,
  spanId: null,
  correlationId: null,
  attributes,
  resource: { attributes: {} },
  scope: { name: '', version: '' },
  flags: 0,
  droppedAttributesCount: 0,
});

test('average time per function, the slowest first, whatever a logger calls its fields', () => {
  const logs = [
    log('a', { 'code.function.name': 'load', duration_ms: 10 }),
    log('a', { 'code.function.name': 'load', duration_ms: '30' }),
    log('a', { function: 'save', duration_s: 2 }),
    log('b', { function: 'load', elapsed_ms: 5 }),
    log('b', { function: 'load' }),
    log('b', { function: 'load', duration_ms: 'soon' }),
  ];
  expect(timeFunctions(logs)).toEqual([
    { function: 'save', service: 'a', count: 1, averageMs: 2000, p95Ms: 2000, maxMs: 2000 },
    { function: 'load', service: 'a', count: 2, averageMs: 20, p95Ms: 30, maxMs: 30 },
    { function: 'load', service: 'b', count: 1, averageMs: 5, p95Ms: 5, maxMs: 5 },
  ]);
});

test('cache hit rate by cache and service', () => {
  const logs = [
    log('a', { 'cache.name': 'sessions', 'cache.hit': true }),
    log('a', { 'cache.name': 'sessions', 'cache.hit': true }),
    log('a', { 'cache.name': 'sessions', 'cache.hit': false }),
    log('b', { cache_status: 'MISS' }),
    log('b', { cache_status: 'bypass' }),
  ];
  expect(rateCaches(logs)).toEqual([
    { cache: 'sessions', service: 'a', hits: 2, misses: 1, hitRate: 2 / 3 },
    { cache: 'cache', service: 'b', hits: 0, misses: 1, hitRate: 0 },
  ]);
});
