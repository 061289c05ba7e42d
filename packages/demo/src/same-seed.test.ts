import { hrTimeToMilliseconds } from '@opentelemetry/core';
import { InMemoryLogRecordExporter } from '@opentelemetry/sdk-logs';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';
import { DemoScheduler } from './demo-clock.ts';
import { startOnce } from './traffic.ts';
import { createWorld } from './world.ts';

/** What one round tells, as `name +begin length status` of each span. */
async function tell(seed: number, startMs: number): Promise<readonly string[]> {
  const told: InMemorySpanExporter[] = [];
  const scheduler = new DemoScheduler(startMs);
  const world = createWorld(scheduler, seed, {
    sent: { spans: 0, logs: 0, failed: 0, lastFailure: '' },
    sendMetrics: async () => {},
    createLogExporter: () => new InMemoryLogRecordExporter(),
    createSpanExporter: () => {
      const exporter = new InMemorySpanExporter();
      told.push(exporter);
      return exporter;
    },
  });
  const traffic = startOnce(world, 120_000);
  await scheduler.run({
    abort: new AbortController().signal,
    onStep: () => undefined,
    onLive: async () => {},
    untilMs: () => Number.POSITIVE_INFINITY,
  });
  await Promise.all(world.services.map(async (service) => service.flush()));
  expect(traffic.mistake).toBeUndefined();
  return told
    .flatMap((exporter) => exporter.getFinishedSpans())
    .map(({ name, startTime, duration, status }) => {
      const beginMs = Math.round(hrTimeToMilliseconds(startTime) - startMs);
      return `${name} +${beginMs} ${Math.round(hrTimeToMilliseconds(duration))} ${status.code}`;
    })
    .toSorted((a, b) => a.localeCompare(b));
}

test('a seed tells the same story at any hour, and another seed another one', async () => {
  const noon = Date.UTC(2026, 10, 20, 12);
  const story = await tell(11, noon);
  expect(story.length).toBeGreaterThan(200);
  for (const minutes of [6, 13, 21]) expect(await tell(11, noon + minutes * 60_000)).toEqual(story);
  expect(await tell(12, noon)).not.toEqual(story);
});
