/** CPU, memory, event loop and I/O of this process, under OpenTelemetry's names, read only when metrics are collected. */
import { monitorEventLoopDelay, performance, type EventLoopUtilization } from 'node:perf_hooks';
import type { Meter, ObservableResult } from '@opentelemetry/api';

const observationsResolutionMs = 20;

/** Starts observing; the returned function stops it. */
export function startProcessMetrics(meter: Meter): () => void {
  const delay = monitorEventLoopDelay({ resolution: observationsResolutionMs });
  delay.enable();
  const stops: (() => void)[] = [() => delay.disable()];

  const gauge = (
    name: string,
    unit: string,
    description: string,
    observe: (result: ObservableResult) => void,
  ) => {
    const instrument = meter.createObservableGauge(name, { unit, description });
    instrument.addCallback(observe);
    stops.push(() => instrument.removeCallback(observe));
  };
  const counter = (
    name: string,
    unit: string,
    description: string,
    observe: (result: ObservableResult) => void,
  ) => {
    const instrument = meter.createObservableCounter(name, { unit, description });
    instrument.addCallback(observe);
    stops.push(() => instrument.removeCallback(observe));
  };

  counter('process.cpu.time', 's', 'CPU seconds used, by mode.', (result) => {
    const { user, system } = process.cpuUsage();
    result.observe(user / 1e6, { 'cpu.mode': 'user' });
    result.observe(system / 1e6, { 'cpu.mode': 'system' });
  });
  gauge('process.memory.usage', 'By', 'Resident memory.', (result) =>
    result.observe(process.memoryUsage.rss()),
  );
  gauge('nodejs.heap.used', 'By', 'JavaScript heap in use.', (result) =>
    result.observe(process.memoryUsage().heapUsed),
  );
  gauge('process.uptime', 's', 'Seconds since the process started.', (result) =>
    result.observe(process.uptime()),
  );
  // Nanoseconds of the whole window, less the sampling interval that the histogram includes.
  const lagSeconds = (ns: number) => Math.max(ns / 1e9 - observationsResolutionMs / 1000, 0);
  gauge('nodejs.eventloop.delay.p50', 's', 'Median event-loop lag since the last collection.', (result) =>
    result.observe(lagSeconds(delay.percentile(50))),
  );
  gauge(
    'nodejs.eventloop.delay.p99',
    's',
    '99th percentile of event-loop lag since the last collection.',
    (result) => {
      result.observe(lagSeconds(delay.percentile(99)));
    },
  );
  gauge('nodejs.eventloop.delay.max', 's', 'Longest event-loop lag since the last collection.', (result) => {
    result.observe(lagSeconds(delay.max));
    delay.reset();
  });
  let last: EventLoopUtilization | undefined;
  gauge(
    'nodejs.eventloop.utilization',
    '1',
    'Share of time the event loop was busy since the last collection.',
    (result) => {
      const now = performance.eventLoopUtilization();
      result.observe(
        last === undefined ? now.utilization : performance.eventLoopUtilization(now, last).utilization,
      );
      last = now;
    },
  );
  counter('process.disk.operations', '{operation}', 'File-system reads and writes.', (result) => {
    const { fsRead, fsWrite } = process.resourceUsage();
    result.observe(fsRead, { 'disk.io.direction': 'read' });
    result.observe(fsWrite, { 'disk.io.direction': 'write' });
  });
  return () => {
    for (const stop of stops) stop();
  };
}
