import { describe, expect, it, onTestFinished } from 'vitest';
import {
  getCorrelationId,
  getExecutionSummary,
  getLogger,
  getStats,
  logMetric,
  setCorrelationId,
  traced,
  trackedCache,
  trackStage,
  withSpan,
} from '../index.ts';
import { resolveOptions } from '../config/resolve-options.ts';
import { metricPoints, startSdk } from '../test/start-sdk.ts';

const attributesOf = (memory: ReturnType<typeof startSdk>, body: string) =>
  memory.logs.find((record) => record.body === body)?.attributes ?? {};

describe('what the SDK tells without being asked', () => {
  it('stages write start and end lines that name the caller, a duration in ms and a success rate', async () => {
    const memory = startSdk();
    const failing = () =>
      trackStage('rank', 'Rank', 'r-2', () => {
        throw new RangeError('no documents');
      });
    trackStage('rank', 'Rank', 'r-1', () => undefined);
    expect(failing).toThrow('no documents');
    expect(attributesOf(memory, 'Rank started')).toMatchObject({
      stage_id: 'rank',
      thread_id: 'r-1',
      'code.file.path': 'told-apart.test.ts',
    });
    expect(attributesOf(memory, 'Rank failed')).toMatchObject({ 'exception.type': 'RangeError' });
    const points = await metricPoints(memory, 'request_stage_duration_ms');
    expect(
      points.map(({ attributes }) => String(attributes['status'])).toSorted((a, b) => a.localeCompare(b)),
    ).toEqual(['error', 'success']);
    const [rate] = await metricPoints(memory, 'request_stage_success_rate');
    expect(rate?.value).toBe(0.5);
  });

  it('force for one request reaches its stages, and a stage can be forced alone', () => {
    const memory = startSdk({ sampling: { rate: 0, keepErrors: false, keepSlowerThanMs: false } });
    withSpan('request', {}, () => trackStage('a', 'A', 'forced-request', () => undefined), { force: true });
    trackStage('a', 'A', 'forced-stage', () => undefined, { force: true });
    trackStage('a', 'A', 'dropped', () => undefined);
    expect(memory.spans.map((span) => span.name)).toEqual(['A', 'request', 'A']);
    expect(getExecutionSummary('forced-request')?.stageCount).toBe(1);
    expect(getExecutionSummary('forced-stage')?.stageCount).toBe(1);
    expect(getExecutionSummary('dropped')).toBeUndefined();
  });

  it('traced lines have the masked arguments and the place of the function, and each function a duration', async () => {
    const memory = startSdk({ logLevel: 'DEBUG', capture: 'masked' });
    const greet = traced((to: string, password: { password: string }) => `${to}${password.password.length}`, {
      name: 'greet',
    });
    greet('jane@example.com', { password: 'hunter2' });
    const { arguments: given, ...line } = attributesOf(memory, 'greet started');
    expect(given).toBe('["[masked:email]",{"password":"[masked:secret]"}]');
    expect(line).toMatchObject({ 'code.file.path': 'told-apart.test.ts', 'code.function.name': 'greet' });
    expect(line['code.line.number']).toBeGreaterThan(50);
    const [point] = await metricPoints(memory, 'function.duration');
    expect(point).toMatchObject({
      attributes: { 'code.function.name': 'greet', status: 'ok' },
      value: { count: 1 },
    });
  });

  it('logged metrics have the same keys whatever the metric, and name the caller', () => {
    const memory = startSdk();
    logMetric('cart.value', 42.5, 'EUR', { shop: 'berlin' });
    expect(attributesOf(memory, 'cart.value 42.5 EUR')).toMatchObject({
      'metric.name': 'cart.value',
      'metric.value': 42.5,
      'metric.unit': 'EUR',
      shop: 'berlin',
      'code.file.path': 'told-apart.test.ts',
    });
  });

  it('component is a field of a line and of a logger', () => {
    const memory = startSdk();
    getLogger('api').child({ component: 'billing' }).info('by logger');
    getLogger('api').info('by line', { component: 'search' });
    expect(attributesOf(memory, 'by logger')['component']).toBe('billing');
    expect(attributesOf(memory, 'by line')['component']).toBe('search');
  });

  it('its own statistics', () => {
    const before = getStats().logs.lines.WARNING;
    startSdk();
    withSpan('a', {}, () => getLogger('x').warning('careful'));
    expect(() =>
      withSpan('b', {}, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    const { logs, traces } = getStats();
    expect(logs.lines.WARNING).toBe(before + 1);
    expect(traces).toMatchObject({ started: 2, finished: 2, failed: 1, active: 0, dropped: 0 });
  });

  it('hits, misses and rate of a cache', async () => {
    startSdk();
    const cache = trackedCache('c', new Map([['a', 1]]));
    expect(cache.getStats()).toEqual({ hits: 0, misses: 0, hitRate: undefined });
    for (const key of ['a', 'a', 'a', 'b']) await cache.get(key);
    expect(cache.getStats()).toEqual({ hits: 3, misses: 1, hitRate: 0.75 });
  });

  it('the correlation id set by hand, for what the flow does next and nothing else', async () => {
    const memory = startSdk();
    const other = async () => {
      await Promise.resolve();
      return getCorrelationId();
    };
    await (async () => {
      await Promise.resolve();
      setCorrelationId('order-42');
      withSpan('inside', {}, () => undefined);
    })();
    expect(memory.spans[0]?.attributes['correlation_id']).toBe('order-42');
    expect(await other()).toBeUndefined();
  });
});

describe('variables of the systems this replaces', () => {
  it('ENVIRONMENT names the deployment, JAEGER_AGENT_HOST the host, with one warning', () => {
    const said: string[] = [];
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = (text: string | Uint8Array) => said.push(String(text)) > 0;
    onTestFinished(() => void (process.stderr.write = write));
    const environment = { ENVIRONMENT: 'staging', JAEGER_AGENT_HOST: 'jaeger', JAEGER_AGENT_PORT: '6831' };
    const resolved = resolveOptions({}, environment);
    expect(resolved.environment).toBe('staging');
    expect(resolved.targets.traces.url).toBe('http://jaeger:4318/v1/traces');
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('Set OTEL_EXPORTER_OTLP_ENDPOINT=http://jaeger:4318');
    expect(resolveOptions({ endpoint: 'http://own:1' }, environment).targets.traces.url).toBe(
      'http://own:1/v1/traces',
    );
  });
});
