/** Telemetry written by hand and sent through the real receiver: one request over three services, its logs and metrics. */

export interface Story {
  readonly traceId: string;
  readonly correlationId: string;
  readonly spanIds: { readonly root: string; readonly agent: string; readonly call: string };
}

interface StoryOptions {
  /** When the request began. */
  readonly startMs: number;
  /** Two hex digits that make the ids of this story its own. */
  readonly mark: string;
  readonly failed: boolean;
}

const nanos = (ms: number): string => `${BigInt(Math.round(ms * 1000)) * 1000n}`;
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const resource = (service: string) => ({
  attributes: [text('service.name', service), text('deployment.environment.name', 'test')],
});

/** `web-api` → `agent-runner` → `llm-gateway`, 1.2 s; a log line from each, and a histogram whose exemplar is the trace. */
export async function sendStory(otlpHttp: string, { startMs, mark, failed }: StoryOptions): Promise<Story> {
  const traceId = mark.repeat(16);
  const correlationId = `req-${mark}-4711`;
  const [root, agent, call] = ['01', '02', '03'].map((n) => `${mark}${n}`.repeat(4)) as [
    string,
    string,
    string,
  ];
  const common = [text('correlation_id', correlationId)];
  const span = (
    spanId: string,
    parentSpanId: string,
    name: string,
    from: number,
    to: number,
    more: object = {},
  ) => ({
    traceId,
    spanId,
    ...(parentSpanId === '' ? {} : { parentSpanId }),
    name,
    kind: 2,
    startTimeUnixNano: nanos(startMs + from),
    endTimeUnixNano: nanos(startMs + to),
    attributes: common,
    ...more,
  });
  const failure = failed
    ? {
        status: { code: 2, message: 'rate limit of 10 requests per minute' },
        events: [
          {
            timeUnixNano: nanos(startMs + 900),
            name: 'exception',
            attributes: [
              text('exception.type', 'RateLimitError'),
              text('exception.message', 'too many requests'),
              text(
                'exception.stacktrace',
                'RateLimitError: too many requests\n    at call (gateway.js:12:3)\n    at run (agent.js:40:9)',
              ),
            ],
          },
        ],
      }
    : {};
  await post(otlpHttp, 'traces', {
    resourceSpans: [
      {
        resource: resource('web-api'),
        scopeSpans: [
          {
            spans: [
              span(root, '', 'POST /chat', 0, 1200, { attributes: [...common, text('http.route', '/chat')] }),
            ],
          },
        ],
      },
      {
        resource: resource('agent-runner'),
        scopeSpans: [
          {
            spans: [
              span(agent, root, 'invoke_agent helper', 20, 1180, {
                attributes: [...common, text('gen_ai.operation.name', 'invoke_agent')],
              }),
            ],
          },
        ],
      },
      {
        resource: resource('llm-gateway'),
        scopeSpans: [
          {
            spans: [
              span(call, agent, 'chat gpt-4o', 60, 1100, {
                attributes: [
                  ...common,
                  text('gen_ai.operation.name', 'chat'),
                  text('gen_ai.request.model', 'gpt-4o'),
                  { key: 'gen_ai.usage.input_tokens', value: { intValue: '812' } },
                  { key: 'gen_ai.usage.output_tokens', value: { intValue: '64' } },
                ],
                ...failure,
              }),
            ],
          },
        ],
      },
    ],
  });
  await sendLogs(otlpHttp, [
    {
      service: 'web-api',
      ms: startMs + 5,
      body: `chat asked for by ${mark}`,
      traceId,
      spanId: root,
      correlationId,
      severity: 9,
    },
    {
      service: 'agent-runner',
      ms: startMs + 30,
      body: 'the agent takes on the question',
      traceId,
      spanId: agent,
      correlationId,
      severity: 9,
    },
    {
      service: 'llm-gateway',
      ms: startMs + 900,
      body: failed ? 'the model refused: rate limit' : 'the model answered',
      traceId,
      spanId: call,
      correlationId,
      severity: failed ? 17 : 9,
    },
  ]);
  await post(otlpHttp, 'metrics', durationMetric({ startMs, traceId, spanId: root }));
  return { traceId, correlationId, spanIds: { root, agent, call } };
}

interface LogLine {
  readonly service: string;
  readonly ms: number;
  readonly body: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly correlationId?: string;
  readonly severity: number;
}

export async function sendLogs(otlpHttp: string, lines: readonly LogLine[]): Promise<void> {
  await post(otlpHttp, 'logs', {
    resourceLogs: lines.map((line) => ({
      resource: resource(line.service),
      scopeLogs: [
        {
          logRecords: [
            {
              timeUnixNano: nanos(line.ms),
              severityNumber: line.severity,
              body: { stringValue: line.body },
              attributes:
                line.correlationId === undefined ? [] : [text('correlation_id', line.correlationId)],
              traceId: line.traceId ?? '',
              spanId: line.spanId ?? '',
            },
          ],
        },
      ],
    })),
  });
}

/** A trace of `size` spans, `depth` levels deep, as agents that call agents make them. */
export async function sendLongTrace(
  otlpHttp: string,
  { size, depth, startMs }: { readonly size: number; readonly depth: number; readonly startMs: number },
): Promise<string> {
  const traceId = 'ee'.repeat(16);
  const idOf = (i: number): string => (i + 1).toString(16).padStart(16, '0');
  const names = [
    'invoke_agent planner',
    'chat gpt-4o',
    'execute_tool search',
    'GET /documents',
    'SELECT orders',
    'retrieve',
  ];
  const spans = Array.from({ length: size }, (_, i) => {
    const level = i % depth;
    const turn = Math.floor(i / depth);
    const turns = Math.ceil(size / depth);
    const from = (turn / turns) * 60_000 + level * 0.4;
    return {
      traceId,
      spanId: idOf(i),
      ...(i === 0 ? {} : { parentSpanId: level === 0 ? idOf(0) : idOf(i - 1) }),
      name: names[i % names.length],
      kind: 1,
      startTimeUnixNano: nanos(startMs + from),
      endTimeUnixNano: nanos(startMs + (i === 0 ? 60_000 : from + 60_000 / turns - level * 0.8)),
      attributes: [
        text('gen_ai.operation.name', i % 6 === 1 ? 'chat' : i % 6 === 2 ? 'execute_tool' : 'invoke_agent'),
      ],
      ...(i % 997 === 996 ? { status: { code: 2, message: 'timed out' } } : {}),
    };
  });
  for (let i = 0; i < spans.length; i += 5000) {
    await post(otlpHttp, 'traces', {
      resourceSpans: [{ resource: resource('planner'), scopeSpans: [{ spans: spans.slice(i, i + 5000) }] }],
    });
  }
  return traceId;
}

function durationMetric(at: {
  readonly startMs: number;
  readonly traceId: string;
  readonly spanId: string;
}): object {
  return {
    resourceMetrics: [
      {
        resource: resource('web-api'),
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'http.server.request.duration',
                unit: 's',
                description: 'Duration of HTTP server requests.',
                histogram: {
                  aggregationTemporality: 1,
                  dataPoints: [
                    {
                      startTimeUnixNano: nanos(at.startMs - 60_000),
                      timeUnixNano: nanos(at.startMs + 1500),
                      count: '10',
                      sum: 6.2,
                      explicitBounds: [0.25, 0.5, 1, 2],
                      bucketCounts: ['3', '4', '1', '2', '0'],
                      attributes: [text('http.route', '/chat')],
                      exemplars: [
                        {
                          timeUnixNano: nanos(at.startMs + 1200),
                          asDouble: 1.2,
                          traceId: at.traceId,
                          spanId: at.spanId,
                        },
                      ],
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  };
}

const busyMsMax = 60_000;

/** One export request. A server that asks to come again later is asked again, as exporters do. */
export async function post(
  otlpHttp: string,
  signal: 'traces' | 'logs' | 'metrics',
  body: unknown,
): Promise<void> {
  const until = Date.now() + busyMsMax;
  for (;;) {
    const response = await fetch(`${otlpHttp}/v1/${signal}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = await response.text();
    if (response.ok && !answer.includes('rejected')) return;
    if (![429, 503].includes(response.status) || Date.now() > until)
      throw new Error(`The receiver refused the ${signal}: ${answer}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
