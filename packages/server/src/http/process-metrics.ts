import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metric } from '../ingest/index.ts';

/** What the process itself uses, under the names Prometheus clients agree on. */
export function watchProcess(): { metrics(): Metric[]; stop(): void } {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  return {
    metrics: () => {
      const { user, system } = process.cpuUsage();
      const lag = delay.percentile(99) / 1e9;
      delay.reset();
      return [
        single('process_cpu_seconds_total', 'counter', 'CPU time used, in seconds.', (user + system) / 1e6),
        single('process_resident_memory_bytes', 'gauge', 'Resident memory.', process.memoryUsage.rss()),
        single('nodejs_heap_used_bytes', 'gauge', 'JavaScript heap in use.', process.memoryUsage().heapUsed),
        single(
          'nodejs_eventloop_lag_p99_seconds',
          'gauge',
          'Event-loop delay since the last scrape, 99th percentile.',
          lag,
        ),
      ];
    },
    stop: () => delay.disable(),
  };
}

function single(name: string, type: Metric['type'], help: string, value: number): Metric {
  return { name, help, type, samples: [{ labels: {}, value }] };
}
