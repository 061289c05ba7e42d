import type { TimelineEntry, TimelineResponse } from '@sightline/schema/api';
import { expect, it } from 'vitest';
import { buildTimeline, timelineSentence } from './timeline-model.ts';

const entry = (service: string, startMs: number, more: Partial<TimelineEntry>): TimelineEntry => ({
  type: 'span',
  time: new Date(Date.UTC(2026, 10, 21) + startMs).toISOString(),
  service,
  title: 'x',
  durationMs: null,
  severity: 'ok',
  traceId: null,
  spanId: null,
  parentSpanId: null,
  attributes: {},
  ...more,
});

const response: TimelineResponse = {
  correlationId: 'c',
  traceIds: [],
  services: ['api', 'db'],
  startTime: null,
  durationMs: 100,
  entries: [
    entry('api', 0, { durationMs: 100 }),
    entry('api', 10, { durationMs: 20 }),
    entry('db', 50, { durationMs: 25, severity: 'error' }),
    entry('db', 60, { type: 'log', severity: 'info' }),
  ],
};

it('gives each service a lane and nests what overlaps', () => {
  const model = buildTimeline(response);
  expect(
    model.lanes.map((lane) => [lane.service, lane.bars.map((bar) => bar.level), lane.marks.length]),
  ).toEqual([
    ['api', [0, 1], 0],
    ['db', [0], 1],
  ]);
  expect(model.lanes[1]?.bars[0]).toMatchObject({ left: 0.5, width: 0.25 });
});

it('answers in one sentence', () => {
  expect(timelineSentence(response, buildTimeline(response))).toBe(
    '2 services worked 100 ms on this request, 1 thing went wrong, first in db',
  );
  const empty = { ...response, entries: [] };
  expect(timelineSentence(empty, buildTimeline(empty))).toBe('Nothing carries this id');
});
