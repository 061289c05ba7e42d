import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import winston from 'winston';
import { describe, expect, it } from 'vitest';
import {
  bridgeConsole,
  fileHandler,
  getLogger,
  pinoDestination,
  pinoMixin,
  shutdown,
  winstonFormat,
  withCorrelationId,
  withSpan,
  type LogHandler,
} from '../index.ts';
import { startSdk } from '../test/start-sdk.ts';
import { formatPretty } from './pretty.ts';
import { temporaryFolder } from '../test/temporary-folder.ts';

function collector(): LogHandler & { lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  return { lines, write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) };
}

describe('logging', () => {
  it('writes JSON lines with every field of the contract', () => {
    const handler = collector();
    startSdk({ logHandlers: [handler] });
    withCorrelationId('c-1', () =>
      withSpan('work', {}, (span) => {
        getLogger('billing').error('Charge failed for ada@example.org', {
          category: 'BUSINESS',
          tags: ['invoice'],
          data: { attempt: 2, password: 'x' },
          performanceMetrics: { durationMs: 5 },
          error: new RangeError('declined'),
          orderId: 7,
        });
        expect(handler.lines[0]).toMatchObject({
          level: 'ERROR',
          message: 'Charge failed for [masked:email]',
          logger: 'billing',
          service: 'test',
          module: 'logging.test.ts',
          correlation_id: 'c-1',
          trace_id: span.traceId,
          span_id: span.spanId,
          category: 'BUSINESS',
          tags: ['invoice'],
          data: { attempt: 2, password: '[masked:secret]' },
          performance_metrics: { durationMs: 5 },
          exception: { type: 'RangeError', message: 'declined' },
          orderId: 7,
        });
      }),
    );
    expect(handler.lines[0]?.['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(handler.lines[0]?.['line']).toBeTypeOf('number');
  });

  it('nests contexts across await and loggers, and restores them also on throw', async () => {
    const handler = collector();
    startSdk({ logHandlers: [handler] });
    const log = getLogger('a');
    await log.withContext({ operation: 'import', userId: 1 }, async () => {
      await Promise.resolve();
      log.withContext({ userId: 2, step: 'x' }, () => getLogger('b').info('inner'));
      log.info('outer');
    });
    expect(() =>
      log.withContext({ operation: 'bad' }, () => {
        throw new Error('x');
      }),
    ).toThrow('x');
    log.info('after');
    expect(
      handler.lines.map(({ message, operation, userId, step }) => [message, operation, userId, step]),
    ).toEqual([
      ['inner', 'import', 2, 'x'],
      ['outer', 'import', 1, undefined],
      ['after', undefined, undefined, undefined],
    ]);
  });

  it('filters by level, per handler too, and a failing handler stops nobody', () => {
    const all = collector();
    const errors = { ...collector(), level: 'ERROR' as const };
    const broken: LogHandler = {
      write: () => {
        throw new Error('disk');
      },
    };
    const memory = startSdk({ logLevel: 'DEBUG', logHandlers: [broken, all, errors] });
    const log = getLogger('x');
    log.trace('t');
    log.debug('d');
    log.warn('w');
    log.critical('c');
    expect(all.lines.map(({ level }) => level)).toEqual(['DEBUG', 'WARNING', 'CRITICAL']);
    expect(errors.lines.map(({ level }) => level)).toEqual(['CRITICAL']);
    expect(memory.logs.map((record) => record.severityNumber)).toEqual([5, 13, 21]);
  });

  it('rotates its file by size and keeps so many', async () => {
    const folder = temporaryFolder();
    startSdk({ logHandlers: [fileHandler({ path: join(folder, 'app.jsonl'), bytesMax: 2000, keep: 2 })] });
    for (let index = 0; index < 60; index++) getLogger('file').info(`line ${index}`);
    await shutdown();
    expect(readdirSync(folder).toSorted()).toEqual(['app.jsonl', 'app.jsonl.1', 'app.jsonl.2']);
    const last = readFileSync(join(folder, 'app.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { message: string });
    expect(last.at(-1)?.message).toBe('line 59');
  });

  it('rotates its file by age', async () => {
    const folder = temporaryFolder();
    let nowMs = 1000;
    startSdk({
      logHandlers: [fileHandler({ path: join(folder, 'app.jsonl'), ageMsMax: 100, nowMs: () => nowMs })],
    });
    getLogger('file').info('old');
    nowMs = 5000;
    getLogger('file').info('new');
    await shutdown();
    expect(readFileSync(join(folder, 'app.jsonl.1'), 'utf8')).toContain('old');
    expect(readFileSync(join(folder, 'app.jsonl'), 'utf8')).toContain('new');
  });

  it('reads well on a terminal', () => {
    const line = JSON.stringify({
      timestamp: '2026-11-21T10:00:00.123456Z',
      level: 'INFO',
      logger: 'a',
      message: 'Hello',
      rows: 3,
    });
    expect(formatPretty(line, false)).toBe('10:00:00.123 INFO     a Hello rows=3\n');
    expect(formatPretty('not json', true)).toBe('not json');
  });

  it.each([
    undefined,
    null,
    5n,
    Symbol('s'),
    {
      toJSON() {
        throw new Error('no');
      },
    },
  ])('never throws on the field %o', (value) => {
    startSdk({ logHandlers: [collector()] });
    expect(() => getLogger('odd').info('x', { data: value, field: value })).not.toThrow();
  });
});

describe('the record of a line', () => {
  it('says what was logged then, whatever happened to it since', () => {
    const memory = startSdk({ capture: 'full' });
    const tags = ['first'];
    const metrics: Record<string, number> = { rows: 1 };
    const data = { list: [1] };
    withCorrelationId('c-9', () => getLogger('then').info('x', { tags, performanceMetrics: metrics, data }));
    tags.push('second');
    metrics['rows'] = 2;
    data.list.push(2);
    expect(memory.logs[0]?.attributes).toMatchObject({
      correlation_id: 'c-9',
      tags: ['first'],
      'performance_metrics.rows': 1,
      'data.list': [1],
    });
  });

  it('has masked context fields, on the line too', () => {
    const lines: string[] = [];
    const memory = startSdk({ logHandlers: [{ write: (line) => void lines.push(line) }] });
    getLogger('context').withContext(
      { password: 'hunter2', mail: 'ada@example.org', user: { token: 't' } },
      () => getLogger('other').info('inside'),
    );
    const both = `${lines.join('')} ${JSON.stringify(memory.logs[0]?.attributes)}`;
    for (const secret of ['hunter2', 'ada@example.org', '"t"']) expect(both).not.toContain(secret);
  });

  it('is bounded in attributes and characters', () => {
    process.env['OTEL_ATTRIBUTE_COUNT_LIMIT'] = '3';
    process.env['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'] = '5';
    try {
      const memory = startSdk();
      getLogger('bounded').info('x', { a: 'abcdefgh', b: 1, c: 2, d: 3, e: 4 });
      const [record] = memory.logs;
      expect(Object.keys(record?.attributes ?? {})).toHaveLength(3);
      expect(record?.droppedAttributesCount).toBeGreaterThan(1);
      expect(Object.values(record?.attributes ?? {})).not.toContain('abcdefgh');
    } finally {
      delete process.env['OTEL_ATTRIBUTE_COUNT_LIMIT'];
      delete process.env['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'];
    }
  });
});

describe('bridges', () => {
  it('put the ids on pino lines and send them as OTLP records', () => {
    const memory = startSdk();
    const lines: string[] = [];
    const log = pino(
      { mixin: pinoMixin(), name: 'app' },
      pino.multistream([
        { stream: { write: (line: string) => lines.push(line) } },
        { stream: pinoDestination() },
      ]),
    );
    withCorrelationId('c-2', () => withSpan('work', {}, () => log.warn({ rows: 2 }, 'from pino')));
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ correlation_id: 'c-2', msg: 'from pino' });
    expect(memory.logs[0]).toMatchObject({
      body: 'from pino',
      severityText: 'WARNING',
      attributes: { rows: 2, correlation_id: 'c-2' },
    });
    expect(memory.logs[0]?.spanContext?.spanId).toBe(memory.spans[0]?.spanContext().spanId);
  });

  it('do the same for winston and console', () => {
    const memory = startSdk();
    const out: string[] = [];
    const { Writable } = process.getBuiltinModule('node:stream');
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        out.push(chunk.toString());
        done();
      },
    });
    const log = winston.createLogger({
      format: winston.format.combine(winstonFormat(), winston.format.json()),
      transports: [new winston.transports.Stream({ stream })],
    });
    withCorrelationId('c-3', () => log.error('from winston', { rows: 1 }));
    const stop = bridgeConsole();
    withCorrelationId('c-4', () => console.debug('from', { console: true }));
    stop();
    console.debug('after');
    expect(JSON.parse(out[0] ?? '')).toMatchObject({ correlation_id: 'c-3' });
    expect(
      memory.logs.map(({ body, severityText, attributes }) => [
        body,
        severityText,
        attributes['correlation_id'],
      ]),
    ).toEqual([
      ['from winston', 'ERROR', 'c-3'],
      ['from {"console":true}', 'DEBUG', 'c-4'],
    ]);
  });
});
