import { expect, test } from 'vitest';
import { systemClock } from '@sightline/base';
import { Gate } from './gate.ts';

const limits = { lagMsMax: 600, ageMsMax: 800, waitMsMax: 5_000, journalBytesMax: 1e9 };

/** A gate whose forecast is what the test says, and whether a request is let in at once. */
function gateWith(forecast: { ms: number }) {
  const view = { journalBytes: () => 0, quarantineBytes: () => 0, visibleInMs: () => forecast.ms };
  const gate = new Gate(limits, view, systemClock());
  const isLetIn = async (): Promise<boolean> => {
    let isIn = false;
    const through = gate.through('traces', 10, async () => {
      isIn = true;
      return Promise.resolve();
    });
    await Promise.resolve();
    const atOnce = isIn;
    await endWait(through);
    return atOnce;
  };
  const endWait = async (through: Promise<void>): Promise<void> => {
    const { ms } = forecast;
    forecast.ms = 0;
    gate.release();
    await through;
    forecast.ms = ms;
  };
  /** While one request waits. */
  const loadsOf = async (ageMs: number, count: number): Promise<void> => {
    const { ms } = forecast;
    forecast.ms = Infinity;
    const through = gate.through('traces', 10, async () => Promise.resolve());
    for (let at = 0; at < count; at += 1) gate.loaded(ageMs);
    forecast.ms = ms;
    await endWait(through);
  };
  return { gate, isLetIn, loadsOf };
}

test('lets in what is forecast to be visible soon', async () => {
  expect(await gateWith({ ms: 599 }).isLetIn()).toBe(true);
  expect(await gateWith({ ms: 601 }).isLetIn()).toBe(false);
});

test('lets in less while loads are done later than was forecast, down to half, and then as much as before', async () => {
  const forecast = { ms: 500 };
  const { isLetIn, loadsOf } = gateWith(forecast);
  await loadsOf(1_500, 3);
  expect(await isLetIn()).toBe(false);
  await loadsOf(1_500, 100);
  forecast.ms = 299;
  expect(await isLetIn()).toBe(true);
  forecast.ms = 500;
  expect(await isLetIn()).toBe(false);
  await loadsOf(700, 100);
  forecast.ms = 599;
  expect(await isLetIn()).toBe(true);
});

test('learns nothing from loads that nobody waits for', async () => {
  const { gate, isLetIn } = gateWith({ ms: 599 });
  for (let at = 0; at < 20; at += 1) gate.loaded(1_500);
  expect(await isLetIn()).toBe(true);
});
