/** Twenty faults in a demo of three services and two versions, an hour each: the first three rows of what differs, or of where the time differs, name the cause. */
import { compareParameters } from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentSpans } from '../testing/agent-spans.ts';
import { tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { readComparison } from './read-comparison.ts';

const now = new Date('2026-11-20T22:00:00Z');
const tracesOfFault = 200;
const hourS = 3600;

/** What one request is like before its spans are made; a fault changes it. */
interface Request {
  readonly version: '1' | '2';
  readonly model: 'gpt-5.4' | 'claude-sonnet-4-5';
  readonly shard: string;
  readonly prompt: string;
  readonly region: string;
  readonly host: string;
  readonly tenant: string;
  readonly flag: boolean;
  readonly route: string;
  readonly documents: number;
  cacheHit: boolean;
  modelS: number;
  searchS: number;
  queryS: number;
  rerankS: number;
  guardrailS: number;
  poolS: number;
  searches: number;
  error: { readonly step: 'model' | 'search' | 'rerank'; readonly text: string } | undefined;
  readonly minute: number;
}

interface Fault {
  readonly name: string;
  readonly inject: (request: Request, random: () => number) => void;
  readonly ask: Readonly<Record<string, string>>;
  /** A row that names the cause: `field=value` of what differs, or the name of a step. */
  readonly cause: RegExp;
}

const slow = { a: 'trace.duration>=3s' };
const failed = { a: 'status:error' };
const versions = { a: 'resource.service.version:2', b: 'resource.service.version:1' };

const faults: readonly Fault[] = [
  {
    name: 'one tool is slow in a version',
    inject: (r) => void (r.version === '2' && (r.searchS += 0.4)),
    ask: versions,
    cause: /^search$/,
  },
  {
    name: 'one shard is slow',
    inject: (r) => void (r.shard === 's7' && (r.queryS += 3)),
    ask: slow,
    cause: /^db\.shard=s7$/,
  },
  {
    name: 'one prompt version is slow',
    inject: (r) => void (r.prompt === 'p2' && (r.modelS += 3)),
    ask: slow,
    cause: /prompt\.version=p2$/,
  },
  {
    name: 'one model has a rate limit',
    inject: (r, random) =>
      void (
        r.model === 'claude-sonnet-4-5' &&
        random() < 0.5 &&
        (r.error = { step: 'model', text: '429 rate limit' })
      ),
    ask: failed,
    cause: /^model=claude|^message=429/,
  },
  {
    name: 'one host leaks',
    inject: (r) => void (r.host === 'h3' && (r.rerankS += 1 + r.minute / 10)),
    ask: slow,
    cause: /^host\.name=h3$/,
  },
  {
    name: 'a retry storm in a version',
    inject: (r) => void (r.version === '2' && (r.searches = 4)),
    ask: versions,
    cause: /^search$/,
  },
  {
    name: 'a cache is off in a version',
    inject: (r) => void (r.version === '2' && (r.cacheHit = false)),
    ask: versions,
    cause: /^cache\.hit=/,
  },
  {
    name: 'one region is slow',
    inject: (r) => void (r.region === 'eu' && (r.searchS += 3)),
    ask: slow,
    cause: /region=eu$/,
  },
  {
    name: 'one tenant is slow',
    inject: (r) => void (r.tenant === 'acme' && (r.queryS += 3)),
    ask: slow,
    cause: /^tenant\.id=acme$/,
  },
  {
    name: 'one tool fails in a version',
    inject: (r) => void (r.version === '2' && (r.error = { step: 'rerank', text: 'index out of range' })),
    ask: failed,
    cause: /^service\.version=2$|index out of range/,
  },
  {
    name: 'a feature flag is slow',
    inject: (r) => void (r.flag && (r.rerankS += 3)),
    ask: slow,
    cause: /^feature\.new_index=true$/,
  },
  {
    name: 'a step is new in a version',
    inject: (r) => void (r.version === '2' && (r.guardrailS = 0.5)),
    ask: versions,
    cause: /^policy_check$/,
  },
  {
    name: 'many documents are slow',
    inject: (r) => void (r.documents > 90 && (r.rerankS += 3)),
    ask: slow,
    cause: /^documents\.count=/,
  },
  {
    name: 'one route is slow',
    inject: (r) => void (r.route === '/export' && (r.modelS += 3)),
    ask: slow,
    cause: /^http\.route=\/export$/,
  },
  {
    name: 'one model is slow',
    inject: (r) => void (r.model === 'gpt-5.4' && (r.modelS += 2.5)),
    ask: slow,
    cause: /^model=gpt-5\.4$|^gpt-5\.4$/,
  },
  {
    name: 'a pool is exhausted on a host',
    inject: (r) => void (r.host === 'h1' && (r.poolS = 3)),
    ask: slow,
    cause: /^host\.name=h1$|^acquire connection$/,
  },
  {
    name: 'one tenant fails at the model',
    inject: (r) =>
      void (r.tenant === 'globex' && (r.error = { step: 'model', text: 'context length exceeded' })),
    ask: failed,
    cause: /^tenant\.id=globex$|context length/,
  },
  {
    name: 'a deploy within the hour',
    inject: (r) => void (r.minute >= 30 && (r.modelS += 0.8)),
    ask: { late: 'half' },
    cause: /^gpt-5\.4$|^claude-sonnet-4-5$/,
  },
  {
    name: 'search times out on a shard',
    inject: (r) => void (r.shard === 's2' && (r.error = { step: 'search', text: 'time-out after 5 s' })),
    ask: failed,
    cause: /^db\.shard=s2$|time-out/,
  },
  {
    name: 'a slower query in a version',
    inject: (r) => void (r.version === '2' && (r.queryS += 0.3)),
    ask: versions,
    cause: /^SELECT$|^search$/,
  },
];

/** Equal numbers for equal seeds. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const pick = <T>(random: () => number, values: readonly T[]): T =>
  values[Math.floor(random() * values.length)] as T;

function anyRequest(random: () => number, index: number): Request {
  const jitter = (mean: number): number => mean * (0.7 + 0.6 * random());
  return {
    version: random() < 0.5 ? '1' : '2',
    model: pick(random, ['gpt-5.4', 'claude-sonnet-4-5']),
    shard: `s${Math.floor(random() * 10)}`,
    prompt: pick(random, ['p1', 'p2', 'p3', 'p4']),
    region: pick(random, ['us', 'eu', 'ap', 'sa']),
    host: `h${Math.floor(random() * 6)}`,
    tenant: pick(random, ['acme', 'globex', 'initech', 'umbrella', 'hooli']),
    flag: random() < 0.2,
    route: pick(random, ['/chat', '/search', '/export', '/summary']),
    documents: Math.floor(random() * 120),
    cacheHit: random() < 0.7,
    modelS: jitter(0.8),
    searchS: jitter(0.1),
    queryS: jitter(0.1),
    rerankS: jitter(0.1),
    guardrailS: 0,
    poolS: 0,
    searches: 1,
    error: undefined,
    minute: Math.floor((index / tracesOfFault) * 60),
  };
}

function spansOf(
  agents: AgentSpans,
  r: Request,
  { trace, at, user }: { trace: number; at: number; user: number },
) {
  const id = (n: number): number => trace * 100 + n;
  const fails = (step: 'model' | 'search' | 'rerank') =>
    r.error?.step === step ? { error: r.error.text } : {};
  let cursor = at + 0.02;
  const search = Array.from({ length: r.searches }, (_, turn) => {
    const begin = cursor;
    const own = r.searchS + r.queryS + r.poolS;
    cursor += own;
    return [
      agents.tool('search', {
        trace,
        span: id(10 + turn * 5),
        parent: id(2),
        at: begin,
        lasts: own,
        ...(turn === 0 ? fails('search') : {}),
      }),
      ...(r.poolS > 0
        ? [
            agents.span({
              trace,
              span: id(11 + turn * 5),
              parent: id(10 + turn * 5),
              at: begin,
              lasts: r.poolS,
              name: 'acquire connection',
            }),
          ]
        : []),
      agents.span({
        trace,
        span: id(12 + turn * 5),
        parent: id(10 + turn * 5),
        at: begin + r.poolS,
        lasts: r.queryS,
        name: 'SELECT',
        attributes: { 'db.system.name': 'postgresql', 'db.shard': r.shard, 'cache.hit': r.cacheHit },
      }),
    ];
  }).flat();
  const rerank = agents.tool('rerank', {
    trace,
    span: id(3),
    parent: id(2),
    at: cursor,
    lasts: r.rerankS,
    ...fails('rerank'),
    attributes: { 'documents.count': r.documents, 'feature.new_index': r.flag },
  });
  cursor += r.rerankS;
  const guardrail =
    r.guardrailS === 0
      ? []
      : [agents.tool('policy_check', { trace, span: id(4), parent: id(2), at: cursor, lasts: r.guardrailS })];
  cursor += r.guardrailS;
  const call = agents.call(r.model, {
    trace,
    span: id(5),
    parent: id(2),
    at: cursor,
    lasts: r.modelS,
    ...fails('model'),
    attributes: { 'prompt.version': r.prompt },
  });
  cursor += r.modelS + 0.02;
  const resource = { 'service.version': r.version, 'host.name': r.host, 'cloud.region': r.region };
  return [
    tracesRequest(
      'web',
      [
        agents.span({
          trace,
          span: id(1),
          at,
          lasts: cursor - at,
          name: `POST ${r.route}`,
          attributes: {
            'http.route': r.route,
            'tenant.id': r.tenant,
            'user.id': `u${user}`,
            'request.id': `r${trace}`,
          },
        }),
      ],
      resource,
    ),
    tracesRequest(
      'agent-runner',
      [
        agents.agent('helper', {
          trace,
          span: id(2),
          parent: id(1),
          at: at + 0.01,
          lasts: cursor - at - 0.015,
        }),
        ...search,
        rerank,
        ...guardrail,
        call,
      ],
      resource,
    ),
  ];
}

let store: TestStore;
const startNanos = BigInt(now.getTime()) * 1_000_000n - BigInt(faults.length * hourS) * 1_000_000_000n;
const timeOf = (seconds: number): string =>
  new Date(Number(startNanos / 1_000_000n) + seconds * 1000).toISOString();

beforeAll(async () => {
  store = await TestStore.open(now);
  const agents = new AgentSpans(startNanos);
  for (const [hour, { inject }] of faults.entries()) {
    const random = randomFrom(hour + 1);
    const requests = Array.from({ length: tracesOfFault }, (_, index) => {
      const request = anyRequest(random, index);
      inject(request, random);
      const at = hour * hourS + (index * (hourS - 60)) / tracesOfFault;
      return spansOf(agents, request, {
        trace: hour * 1000 + index + 1,
        at,
        user: Math.floor(random() * 150),
      });
    }).flat();
    await store.loadTogether('traces', requests);
  }
}, 300_000);
afterAll(async () => store.close());

describe('injected faults', () => {
  it('are named within the first three rows, at least 18 of 20', async () => {
    const missed: string[] = [];
    for (const [hour, { name, ask, cause }] of faults.entries()) {
      const range = { from: timeOf(hour * hourS), to: timeOf((hour + 1) * hourS) };
      const half = timeOf(hour * hourS + hourS / 2);
      const sides = 'late' in ask ? { aFrom: half } : ask;
      const found = await readComparison(store.context, compareParameters.parse({ ...range, ...sides }));
      const rows = [
        ...found.differences
          .filter(({ isSignificant }) => isSignificant)
          .slice(0, 3)
          .map(({ field, values }) => `${field}=${values[0]?.value ?? '∅'}`),
        ...found.steps
          .filter(({ isSignificant }) => isSignificant)
          .slice(0, 3)
          .map((step) => step.name),
      ];
      if (!rows.some((row) => cause.test(row))) missed.push(`${name}: ${rows.join(', ')}`);
      // A user or a request is never the cause.
      expect(rows.filter((row) => /^(user|session|request\.id)=/.test(row))).toEqual([]);
    }
    console.log(
      `${faults.length - missed.length} of ${faults.length} faults are named${missed.length === 0 ? '' : `; not ${missed.join(' | ')}`}`,
    );
    expect(missed.length).toBeLessThanOrEqual(2);
  }, 300_000);
});
