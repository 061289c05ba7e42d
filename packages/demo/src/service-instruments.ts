import type { Attributes, Context } from '@opentelemetry/api';
import type { MetricPipeline } from './metric-pipeline.ts';

const secondsOfRequests = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60,
] as const;
/** From the OpenTelemetry GenAI and MCP conventions. */
const secondsOfCalls = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
] as const;
const secondsOfMcp = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] as const;
const secondsOfWorkflows = [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200] as const;
const tokens = [
  1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864,
] as const;

const histograms = {
  httpServer: ['http.server.request.duration', 's', 'Duration of HTTP server requests.', secondsOfRequests],
  httpClient: ['http.client.request.duration', 's', 'Duration of HTTP client requests.', secondsOfRequests],
  database: [
    'db.client.operation.duration',
    's',
    'Duration of database client operations.',
    secondsOfRequests,
  ],
  genAi: ['gen_ai.client.operation.duration', 's', 'Duration of GenAI operations.', secondsOfCalls],
  genAiTokens: ['gen_ai.client.token.usage', '{token}', 'Tokens used by GenAI operations.', tokens],
  genAiFirstChunk: [
    'gen_ai.client.operation.time_to_first_chunk',
    's',
    'Time until the first chunk of a streamed answer.',
    secondsOfCalls,
  ],
  mcp: [
    'mcp.server.operation.duration',
    's',
    'Duration of MCP requests as the server sees them.',
    secondsOfMcp,
  ],
  workflow: ['workflow.duration', 's', 'Duration of whole agent runs.', secondsOfWorkflows],
  workflowCost: [
    'workflow.cost',
    'USD',
    'Cost of whole agent runs.',
    [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
  ],
} as const;

const counters = {
  cache: ['cache.requests', '{request}', 'Cache lookups by outcome.'],
  retries: ['http.client.retries', '{retry}', 'Requests that were sent again.'],
  errors: ['error.count', '{error}', 'Errors by type.'],
  refunds: ['shop.refunds.amount', 'EUR', 'Money refunded by the support agent.'],
  codingLines: ['claude_code.lines_of_code.count', '', 'Lines that coding agents changed.'],
  codingCommits: ['claude_code.commit.count', '', 'Commits that coding agents made.'],
  jobs: ['messaging.jobs.completed', '{job}', 'Background jobs by outcome.'],
} as const;

type HistogramName = keyof typeof histograms;
type CounterName = keyof typeof counters;

/** The metrics of one service. An instrument is made when it is used first, as instrumentations do. */
export class ServiceInstruments {
  readonly #pipeline: MetricPipeline;
  readonly #histograms = new Map<string, (value: number, attributes: Attributes, context: Context) => void>();
  readonly #counters = new Map<string, (value: number, attributes: Attributes, context: Context) => void>();
  #active = 0;

  constructor(service: string, pipeline: MetricPipeline) {
    this.#pipeline = pipeline;
    this.#observeProcess(service);
  }

  record(name: HistogramName, value: number, attributes: Attributes, context: Context): void {
    const [metric, unit, description, boundaries] = histograms[name];
    const record =
      this.#histograms.get(metric) ??
      this.#pipeline.createHistogram(metric, { unit, description, boundaries });
    this.#histograms.set(metric, record);
    record(value, attributes, context);
  }

  count(name: CounterName, value: number, attributes: Attributes, context: Context): void {
    const [metric, unit, description] = counters[name];
    let add = this.#counters.get(metric);
    if (add === undefined) {
      const counter = this.#pipeline.meter.createCounter(metric, { unit, description });
      add = (amount, labels, at) => counter.add(amount, labels, at);
      this.#counters.set(metric, add);
    }
    add(value, attributes, context);
  }

  /** A request begins (+1) or ends (−1): the load that the process gauges follow. */
  load(change: 1 | -1): void {
    this.#active += change;
  }

  /** What a host agent would measure; follows the number of requests in flight. */
  #observeProcess(service: string): void {
    const { meter } = this.#pipeline;
    const base = 90 + (service.length % 5) * 40;
    let grown = 0;
    meter
      .createObservableGauge('process.cpu.utilization', {
        unit: '1',
        description: 'Part of the CPUs in use.',
      })
      .addCallback((result) =>
        result.observe(round(Math.min(0.97, 0.06 + this.#active * 0.035 + Math.random() * 0.04))),
      );
    meter
      .createObservableGauge('process.memory.usage', { unit: 'By', description: 'Physical memory in use.' })
      .addCallback((result) => {
        // Grows with use and falls with each collection of garbage.
        grown = grown > 70 ? 8 : grown + 1 + Math.random() * 4 + this.#active * 0.4;
        result.observe(Math.round((base + grown + this.#active * 3) * 1024 * 1024));
      });
    meter
      .createObservableGauge('nodejs.eventloop.delay.p99', {
        unit: 's',
        description: 'Delay of the event loop.',
      })
      .addCallback((result) => result.observe(round(0.004 + this.#active * 0.0012 + Math.random() * 0.004)));
    meter
      .createObservableUpDownCounter('http.server.active_requests', {
        unit: '{request}',
        description: 'Requests in flight.',
      })
      .addCallback((result) => result.observe(this.#active));
  }
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
