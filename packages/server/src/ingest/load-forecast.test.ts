import { expect, test } from 'vitest';
import { doneInMs } from './load-forecast.ts';

const idle = { slots: 2, running: [], ahead: [], restMs: 0, loadMs: 400 };

test('a load begins at once where a slot is free', () => {
  expect(doneInMs(idle)).toBe(400);
  expect(doneInMs({ ...idle, running: [900] })).toBe(400);
});

test('waits for the first slot that is free when all are taken', () => {
  expect(doneInMs({ ...idle, running: [900, 250] })).toBe(650);
});

test('what waits already goes before, each in the slot that is free first', () => {
  expect(doneInMs({ ...idle, running: [300], ahead: [500] })).toBe(700);
  expect(doneInMs({ ...idle, running: [300], ahead: [500, 100] })).toBe(800);
});

test('rests behind the load before, even where a slot is free', () => {
  expect(doneInMs({ ...idle, running: [300], restMs: 150 })).toBe(550);
  expect(doneInMs({ ...idle, running: [300, 200], restMs: -Infinity })).toBe(600);
});
