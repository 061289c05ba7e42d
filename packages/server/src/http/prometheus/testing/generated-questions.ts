/**
 * Random questions in PromQL, the same for the same seed. They keep to what Prometheus 2.42 and 3 answer alike: no sample and no step of a subquery
 * lies on the edge of a window, equal values are not ranked, and three faults of 2.42 are left out: `predict_linear` over a window that `@` fixes moved the
 * window (prometheus#11708), `atan2` kept the name, and `stddev` of one value that is infinite was 0.
 */
import { seededRandom } from '@sightline/base';
import { baseMs, samplesEndMs, samplesStartMs } from './generated-samples.ts';

export interface Question {
  readonly query: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number | undefined;
}

type Random = () => number;

const gauges = ['temp', 'temp', 'limits', 'sparse'] as const;
const counters = [
  'reqs_total',
  'reqs_total',
  'lat_seconds_count',
  'lat_seconds_sum',
  'lat_seconds_bucket',
] as const;
const matchers: Readonly<Record<string, readonly string[]>> = {
  temp: [
    '',
    '',
    '{room="a"}',
    '{room!="b"}',
    '{room=~"a|c"}',
    '{floor!~"2|3"}',
    '{nothing=""}',
    '{room=~".+",floor="1"}',
  ],
  limits: ['', '', '{room=~"[ab]"}', '{tier="gold"}'],
  sparse: ['', '', '{room="a"}'],
  reqs_total: [
    '',
    '',
    '{code="200"}',
    '{code=~"5.."}',
    '{route!="/a"}',
    '{route=~"/(a|b)",code!="404"}',
    '{service_name="diff"}',
  ],
  lat_seconds_count: ['', '{route="/a"}'],
  lat_seconds_sum: ['', '{route=~"/b|/c"}'],
  lat_seconds_bucket: ['', '{le="0.5"}', '{le="1.0"}', '{le=~"0.1|[+]Inf",route="/a"}'],
};
const ofCounters = ['rate', 'increase', 'irate', 'resets'];
const ofGauges = ['delta', 'idelta', 'deriv', 'changes'];
const overTime = ['avg', 'min', 'max', 'sum', 'count', 'stddev', 'stdvar', 'last', 'present'].map(
  (name) => `${name}_over_time`,
);
const elementwise = [
  'abs',
  'ceil',
  'floor',
  'exp',
  'sqrt',
  'ln',
  'log2',
  'log10',
  'sgn',
  'round',
  'sin',
  'cos',
  'atan',
  'tanh',
  'deg',
  'rad',
  'sort_desc',
  'timestamp',
];
const aggregations = ['sum', 'avg', 'min', 'max', 'count', 'group'];
const timeFunctions = [
  'minute',
  'hour',
  'day_of_week',
  'day_of_month',
  'day_of_year',
  'days_in_month',
  'month',
  'year',
];

export function generateQuestions(seed: number, count: number): Question[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => new Generator(random).question());
}

class Generator {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  question(): Question {
    const query = this.#vector(2);
    // A quarter of an hour off every step of a subquery, and off each sample.
    const startMs = samplesStartMs + 3_600_000 + this.#below(200) * 15_000 + 7000;
    if (this.#chance(0.5)) return { query, startMs, endMs: startMs, stepMs: undefined };
    const stepMs = this.#pick([15_000, 30_000, 60_000, 105_000, 300_000]);
    const endMs = Math.min(samplesEndMs + 607_000, startMs + stepMs * (3 + this.#below(40)));
    return { query, startMs, endMs, stepMs };
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #pick<T>(list: readonly [T, ...T[]] | readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }

  #selector(name: string): string {
    return name + this.#pick(matchers[name] ?? ['']);
  }

  #shift(): string {
    const at = (baseMs + this.#below(360) * 15_000 + 7000) / 1000;
    const shifts = [
      '',
      '',
      '',
      '',
      ' offset 5m',
      ' offset -3m',
      ` @ ${at}`,
      ' @ start()',
      ' @ end() offset 2m',
      ` offset 1m @ ${at}`,
    ];
    return this.#pick(shifts);
  }

  #matrix(name: string): string {
    return `${this.#selector(name)}[${this.#pick(['1m', '90s', '2m', '5m', '10m', '20m', '1h'])}]${this.#shift()}`;
  }

  #rangeCall(): string {
    const name = this.#pick([...gauges, ...counters]);
    const isCounter = (counters as readonly string[]).includes(name);
    switch (this.#below(8)) {
      case 0:
        return `quantile_over_time(${this.#pick(['0', '0.3', '0.5', '0.95', '1', '1.5', '-1'])}, ${this.#matrix(name)})`;
      case 1:
        return `predict_linear(${this.#matrix(name).replace(/ @.*/, '')}, ${this.#pick(['60', '3600', '-300'])})`;
      case 2:
        return `double_exponential_smoothing(${this.#matrix(this.#pick(gauges))}, 0.${1 + this.#below(9)}, 0.${1 + this.#below(9)})`;
      case 3:
      case 4:
        return `${this.#pick(overTime)}(${this.#matrix(name)})`;
      default:
        return `${this.#pick(isCounter ? ofCounters : ofGauges)}(${this.#matrix(name)})`;
    }
  }

  #subquery(): string {
    const inner = this.#chance(0.5)
      ? this.#selector(this.#pick(gauges))
      : `rate(${this.#selector(this.#pick(counters))}[${this.#pick(['2m', '5m'])}])`;
    const step = this.#pick(['15s', '30s', '1m', '5m', '']);
    const call = this.#pick([...overTime, 'deriv', 'delta', 'changes']);
    return `${call}((${inner})[${this.#pick(['5m', '10m', '30m'])}:${step}]${this.#shift()})`;
  }

  /** Values that differ from each other. */
  #distinct(): string {
    return this.#pick([
      `temp${this.#shift()}`,
      'rate(reqs_total[5m])',
      'avg_over_time(temp[10m])',
      'increase(lat_seconds_sum[10m])',
    ]);
  }

  #grouping(): string {
    return this.#pick([
      '',
      ' by (room)',
      ' by (route)',
      ' by (code, route)',
      ' by (le)',
      ' by ()',
      ' without (room, instance)',
      ' without (code)',
      ' by (job, nothing)',
    ]);
  }

  #aggregation(depth: number): string {
    const by = this.#grouping();
    switch (this.#below(8)) {
      case 0:
        return `${this.#pick(['topk', 'bottomk'])}${by} (${this.#pick(['0', '1', '2', '3', '100'])}, ${this.#distinct()})`;
      case 1:
        return `quantile${by} (${this.#pick(['0', '0.25', '0.5', '0.9', '1', '2', '-1'])}, ${this.#vector(depth)})`;
      case 2:
        return `count_values${by} ("value", ${this.#pick(['limits', 'round(temp, 5)', 'ceil(sparse)'])})`;
      case 3:
        return `${this.#pick(['stddev', 'stdvar'])}${by} (${this.#chance(0.5) ? this.#distinct() : this.#selector(this.#pick(gauges)) + this.#shift()})`;
      default:
        return `${this.#pick(aggregations)}${by} (${this.#vector(depth)})`;
    }
  }

  #number(): string {
    return this.#pick([
      '0.731',
      '2',
      '-3.5',
      '1e3',
      'scalar(limits{room="a"})',
      'time()',
      'scalar(temp)',
      'Inf',
      'NaN',
      'pi()',
    ]);
  }

  #binary(depth: number): string {
    const arithmetic = this.#pick(['+', '-', '*', '/', '^', '%']);
    const unnamed = this.#chance(0.15) ? 'atan2' : arithmetic;
    const comparison = this.#pick(['==', '!=', '>', '<', '>=', '<=']);
    const bool = this.#chance(0.5) ? ' bool' : '';
    switch (this.#below(9)) {
      case 0:
        return `${this.#vector(depth)} ${arithmetic} ${this.#number()}`;
      case 1:
        return `${this.#number()} ${arithmetic} ${this.#vector(depth)}`;
      case 2:
        return `${this.#vector(depth)} ${comparison}${bool} ${this.#number()}`;
      case 3:
        return `temp ${arithmetic} on (room) group_left (tier) limits`;
      case 4:
        return `limits ${comparison}${bool} on (room) group_right () temp`;
      case 5:
        return `rate(lat_seconds_sum[5m]) ${unnamed} rate(lat_seconds_count[5m])`;
      case 6:
        return `rate(reqs_total{code="500"}[5m]) ${unnamed} ignoring (code) rate(reqs_total{code="200"}[10m])`;
      case 7:
        return `temp ${this.#pick(['and', 'or', 'unless'])} ${this.#pick(['on (room) ', 'ignoring (floor, tier) ', ''])}${this.#pick(['limits', 'sparse', 'temp > 20', 'temp{room="a"}'])}`;
      default:
        return `sum by (route) (rate(reqs_total[5m])) ${this.#chance(0.5) ? comparison + bool : unnamed} on (route) sum by (route) (increase(lat_seconds_count[${this.#pick(['5m', '10m'])}]))`;
    }
  }

  #other(depth: number): string {
    switch (this.#below(10)) {
      case 0:
      case 1:
        return `histogram_quantile(${this.#pick(['0', '0.1', '0.5', '0.95', '0.99', '1', '-0.5', '1.5'])}, sum by (${this.#pick(['le', 'le, route'])}) (${this.#pick(['rate', 'increase'])}(lat_seconds_bucket[${this.#pick(['2m', '5m', '20m'])}])))`;
      case 2:
        return `label_replace(${this.#pick(['temp', 'reqs_total', 'rate(reqs_total[5m])'])}, "to", "${this.#pick(['$1', '$1-x', '${name}', 'plain', ''])}", "${this.#pick(['room', 'route', 'nothing'])}", "${this.#pick(['(.*)', '/?(?P<name>.)', '(a|b)', ''])}")`;
      case 3:
        return `label_join(${this.#pick(['temp', 'reqs_total'])}, "to", "${this.#pick(['-', '', ','])}", "room", "code", "job")`;
      case 4:
        return `absent(${this.#pick(['temp{room="z"}', 'temp', 'nothing{a="b",c=~"d"}', 'sum(nothing)', 'sparse{room="a"}'])})`;
      case 5:
        return `absent_over_time(${this.#pick(['temp{room="z"}', 'sparse', 'nothing{a="b"}'])}[${this.#pick(['1m', '5m'])}])`;
      case 6:
        return `vector(${this.#number()})`;
      case 7:
        return `${this.#pick(timeFunctions)}(${this.#pick(['', 'clock', 'clock * 10', 'vector(time())'])})`;
      case 8:
        return `clamp${this.#pick(['_min', '_max'])}(${this.#vector(depth)}, ${this.#number()})`;
      default:
        return `clamp(${this.#vector(depth)}, ${this.#pick(['-3', '0'])}, ${this.#number()})`;
    }
  }

  #vector(depth: number): string {
    if (depth === 0) {
      const name = this.#pick([...gauges, ...counters]);
      return this.#chance(0.5) ? this.#selector(name) + this.#shift() : this.#rangeCall();
    }
    const below = depth - 1;
    switch (this.#below(12)) {
      case 0:
        return this.#vector(0);
      case 1:
      case 2:
        return this.#rangeCall();
      case 3:
        return this.#subquery();
      case 4:
      case 5:
      case 6:
        return this.#aggregation(below);
      case 7:
      case 8:
        return `(${this.#binary(below)})`;
      case 9: {
        const inner = this.#vector(below);
        // Of a power so large, no two programs tell where it is on the circle.
        return `${this.#pick(inner.includes('^') ? elementwise.filter((name) => name !== 'sin' && name !== 'cos') : elementwise)}(${inner})`;
      }
      case 10:
        return this.#chance(0.2) ? `-(${this.#vector(below)})` : this.#other(below);
      default:
        return this.#other(below);
    }
  }
}
