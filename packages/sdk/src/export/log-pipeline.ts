/** Our log processor: stamps inherited attributes (the correlation id among them) and feeds the exporters. */
import type { Context } from '@opentelemetry/api';
import type { LogRecordProcessor, ReadableLogRecord, ReadWriteLogRecord } from '@opentelemetry/sdk-logs';
import { activeContext, inheritedAttributes } from '../runtime/context.ts';
import { guard } from '../core/diagnostics.ts';
import type { ExportWall } from './export-wall.ts';
import type { BatchQueue } from './batch-queue.ts';
import type { LastRequest } from './last-words.ts';
import type { MemoryExporter } from '../config/memory-exporter.ts';

export interface LogPipelineOptions {
  readonly queues: readonly BatchQueue<ReadableLogRecord>[];
  readonly memory: readonly MemoryExporter[];
  /** Masks what leaves; undefined under `capture: 'full'`. */
  readonly wall: ExportWall | undefined;
}

export class LogPipeline implements LogRecordProcessor {
  readonly #options: LogPipelineOptions;

  constructor(options: LogPipelineOptions) {
    this.#options = options;
  }

  onEmit(record: ReadWriteLogRecord, context?: Context): void {
    const inherited = inheritedAttributes(context ?? activeContext());
    for (const key in inherited) {
      if (record.attributes[key] === undefined) record.setAttribute(key, inherited[key]);
    }
    this.add(record);
  }

  /** Takes a record that has everything already. */
  add(emitted: ReadableLogRecord): void {
    guard('exporting a log record', () => {
      const { queues, memory, wall } = this.#options;
      const record = wall === undefined ? emitted : wall.log(emitted);
      for (const queue of queues) queue.push(record);
      for (const each of memory) each.addLog(record);
    });
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#options.queues.map((queue) => queue.flush()));
  }

  async shutdown(): Promise<void> {
    await this.forceFlush();
  }

  /** Items that wait to be sent. */
  get queued(): number {
    return this.#options.queues.reduce((sum, queue) => sum + queue.length, 0);
  }

  takeLastWords(): readonly LastRequest[] {
    return this.#options.queues.flatMap((queue) => queue.takeLastWords());
  }

  async close(timeoutMs: number): Promise<void> {
    await Promise.all(this.#options.queues.map((queue) => queue.close(timeoutMs)));
  }
}
