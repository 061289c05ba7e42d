import { err, nearestWord, ok, type Result, unixNano } from '@sightline/base';
import { type FilterSignal, parseDuration, readFilter } from '../filter/index.ts';
import { RuleReader } from './rule-reader.ts';
import type {
  Dimension,
  Measure,
  RuleCondition,
  RuleNode,
  RuleSource,
  Term,
  ValueQuery,
  ValueUnit,
} from './rule-node.ts';
import { RuleSyntaxError, type RuleSyntaxProblem } from './rule-problem.ts';
import { aggregateWords, sourceWords, valueWords } from './rule-words.ts';
import { readCondition } from './read-condition.ts';

export const ruleLengthMax = 4096;
const windowDefaultS = 300;
const windowMaxS = 31 * 86_400;
const dimensionsMax = 10;
/** Of burn rates: three days, for an SLO of 90 days three times as long. */
const burnWindowMaxS = 9 * 86_400;

/**
 * Reads a rule in our own words. Never throws, whatever the text.
 *
 *     rule      = value [ "of" source ] [ "where" filter ] [ "by" fields ] [ "over" duration ] condition
 *               | "rule" name ( "and" | "or" | "unless" ) "rule" name
 *               | "slo" name "burns" ">" number "over" duration "and" duration
 *     value     = term [ ( "+" | "-" | "*" | "/" ) term ]
 *     term      = number | word such as error_rate | aggregate [ "(" field or filter ")" ]
 *     condition = comparison number [ "recover" comparison number ]
 *               | ( "changed" | "rose" | "fell" ) ">" percent "against" duration | "absent"
 */
export function parseRule(text: string): Result<RuleNode, RuleSyntaxProblem> {
  const reader = new RuleReader(text);
  try {
    if (text.length > ruleLengthMax)
      reader.fail(`at most ${ruleLengthMax} characters`, { at: ruleLengthMax, found: `${text.length}` });
    return ok(readRule(reader));
  } catch (error) {
    if (error instanceof RuleSyntaxError) return err(error.problem);
    throw error;
  }
}

/** A condition alone, as PromQL and SQL rules have it; '' means that whatever is answered fires. */
export function parseCondition(text: string): Result<RuleCondition, RuleSyntaxProblem> {
  if (text.trim() === '') return ok({ type: 'any' });
  const reader = new RuleReader(text);
  try {
    const condition = readCondition(reader, undefined);
    reader.expectEnd();
    return ok(condition);
  } catch (error) {
    if (error instanceof RuleSyntaxError) return err(error.problem);
    throw error;
  }
}

/** A value alone, as panels have it: a rule without its condition. `windowS` is undefined where the text does not say `over`. */
export function parseValue(
  text: string,
): Result<Omit<ValueQuery, 'windowS'> & { readonly windowS: number | undefined }, RuleSyntaxProblem> {
  const reader = new RuleReader(text);
  try {
    if (text.length > ruleLengthMax)
      reader.fail(`at most ${ruleLengthMax} characters`, { at: ruleLengthMax, found: `${text.length}` });
    reader.skipSpace();
    const query = readValue(reader);
    reader.expectEnd();
    return ok(query);
  } catch (error) {
    if (error instanceof RuleSyntaxError) return err(error.problem);
    throw error;
  }
}

function readRule(reader: RuleReader): RuleNode {
  reader.skipSpace();
  if (reader.tryWord('rule')) return readCompound(reader);
  if (reader.tryWord('slo')) return readBurn(reader);
  const query = readValue(reader);
  reader.skipSpace();
  const conditionAt = reader.position;
  const condition = readCondition(reader, query.unit);
  reader.expectEnd();
  if (condition.type === 'absent' && query.by.length > 0)
    reader.fail('another condition than `absent`, which has no label sets', {
      at: conditionAt,
      hint: 'Leave `by` out, and name what is missed with `where`.',
    });
  if (isShare(query) && condition.type === 'threshold' && condition.threshold > 1) {
    const at = conditionAt + reader.text.slice(conditionAt).search(/[\d.]/);
    reader.fail('a share of at most 100%', { at, hint: `Did you mean \`${condition.threshold}%\`?` });
  }
  return { type: 'value', query: { ...query, windowS: query.windowS ?? windowDefaultS }, condition };
}

/** Never beyond 1, so that a larger threshold would be a rule that cannot fire. */
const isShare = ({ left, right }: Pick<ValueQuery, 'left' | 'right'>): boolean =>
  right === undefined && (left.type === 'share' || left.type === 'failed' || left.type === 'hallucinated');

function readValue(reader: RuleReader): Omit<ValueQuery, 'windowS'> & { windowS: number | undefined } {
  const start = reader.position;
  const left = readTerm(reader);
  const operator = reader.tryOneOf(['+', '-', '*', '/'] as const);
  const right = operator === undefined ? undefined : readTerm(reader);
  const source = readSource(reader, [left, ...(right === undefined ? [] : [right])], start);
  checkTerms([left, ...(right === undefined ? [] : [right])], source, reader);
  const filter = readWhere(reader, source);
  const by = reader.tryWord('by') ? readDimensions(reader, source) : [];
  const windowS = reader.tryWord('over') ? readWindow(reader) : undefined;
  return {
    left: left.term,
    operator: operator ?? (left.right === undefined ? undefined : ('/' as const)),
    right: right?.term ?? left.right,
    source,
    filter,
    by,
    windowS,
    unit: unitOf(left, { operator, right }, source),
  };
}

interface ReadTerm {
  readonly term: Term;
  /** Of a word that is a ratio of two. */
  readonly right?: Term | undefined;
  readonly unit: ValueUnit | undefined;
  /** What the word says by itself. */
  readonly source: RuleSource | undefined;
  readonly start: number;
  readonly argument?: number;
  readonly isWord: boolean;
}

function readTerm(reader: RuleReader): ReadTerm {
  reader.skipSpace();
  const start = reader.position;
  const number = reader.tryNumber();
  if (number !== undefined)
    return {
      term: { type: 'number', value: number },
      unit: undefined,
      source: undefined,
      start,
      isWord: false,
    };
  const word = reader.word();
  if (word === '') reader.fail('a value such as `error_rate`, `count` or `p95(duration)`');
  const known = valueWords[word];
  if (known !== undefined && Object.hasOwn(valueWords, word))
    return {
      term: known.left,
      right: known.right,
      unit: known.unit,
      source: known.source,
      start,
      isWord: true,
    };
  const quantile = /^p(\d{1,2}(?:\.\d{1,2})?)$/.exec(word);
  const isAggregate = aggregateWords.includes(word) || quantile !== null;
  if (!isAggregate) {
    const near = nearestWord(word.toLowerCase(), [...Object.keys(valueWords), ...aggregateWords]);
    reader.fail('a value such as `error_rate`, `count` or `p95(duration)`', {
      at: start,
      hint: near === undefined ? '' : `Did you mean \`${near}\`?`,
    });
  }
  const argument = reader.tryArgument();
  const at = argument?.start ?? reader.position;
  const term = ((): Term => {
    if (quantile !== null)
      return {
        type: 'quantile',
        quantile: Number(quantile[1]) / 100,
        measure: measureOf(argument, reader),
        inMs: false,
      };
    switch (word) {
      case 'count':
        return { type: 'count', filter: argument?.text ?? '' };
      case 'rate':
        return argument === undefined ? { type: 'per_second' } : { type: 'share', filter: argument.text };
      case 'uniq':
        if (argument === undefined) reader.fail('`(` and a field, as in `uniq(user)`');
        return { type: 'uniq', dimension: dimensionOf(argument.text) };
      default:
        return { type: word as 'avg', measure: measureOf(argument, reader) };
    }
  })();
  return { term, unit: undefined, source: undefined, start, argument: at, isWord: false };
}

function measureOf(argument: { readonly text: string } | undefined, reader: RuleReader): Measure {
  if (argument === undefined) reader.fail('`(` and a field that holds numbers, as in `avg(duration)`');
  const { text } = argument;
  if (text.startsWith('score.')) return { type: 'score', name: unquoted(text.slice('score.'.length)) };
  const dimension = dimensionOf(text);
  return dimension.type === 'builtin' ? { type: 'builtin', name: dimension.name } : dimension;
}

function dimensionOf(text: string): Dimension {
  const [, source, name = ''] = /^(attr|resource)\.(.+)$/s.exec(text) ?? [];
  return source === 'attr' || source === 'resource'
    ? { type: 'attribute', source, name: unquoted(name) }
    : { type: 'builtin', name: text };
}

const unquoted = (text: string): string => (/^".*"$/s.test(text) ? text.slice(1, -1) : text);

const usageNames = new Set([
  'cost',
  'tokens',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
]);

/** What is looked at where nothing says it. */
function sourceOf(terms: readonly ReadTerm[]): RuleSource {
  for (const { term, source } of terms) {
    if (source !== undefined) return source;
    if ('measure' in term && term.measure.type === 'score') return 'scores';
    if ((term.type === 'share' || term.type === 'count') && /(?:^|[\s(-])score\./.test(term.filter))
      return 'scores';
    if ('measure' in term && term.measure.type === 'builtin' && usageNames.has(term.measure.name))
      return 'calls';
  }
  return 'spans';
}

function readSource(reader: RuleReader, terms: readonly ReadTerm[], start: number): RuleSource {
  const own = sourceOf(terms);
  if (!reader.tryWord('of')) return own;
  reader.skipSpace();
  const at = reader.position;
  const word = reader.word();
  const [found] = Object.entries(sourceWords).find(([, { names }]) => names.includes(word)) ?? [];
  if (found === undefined) {
    const names = Object.values(sourceWords).flatMap(({ names: [name = ''] }) => name);
    const near = nearestWord(word.toLowerCase(), names);
    reader.fail(`one of ${names.map((name) => `\`${name}\``).join(', ')}`, {
      at,
      hint: near === undefined ? '' : `Did you mean \`${near}\`?`,
    });
  }
  if (
    found !== own &&
    (own === 'scores' || found === 'scores') &&
    terms.some(({ isWord, term }) => isWord || ('measure' in term && term.measure.type === 'score'))
  )
    reader.fail(
      `\`of ${own}\`, because that is what \`${reader.text.slice(start, at).trim().split(/\s/)[0]}\` is about`,
      { at },
    );
  return found as RuleSource;
}

/** Whether the items looked at have what the terms want. */
function checkTerms(terms: readonly ReadTerm[], source: RuleSource, reader: RuleReader): void {
  const words = sourceWords[source];
  for (const { term, start, argument = start } of terms) {
    if ('measure' in term) {
      const { measure } = term;
      if (
        measure.type === 'score'
          ? source !== 'scores'
          : measure.type === 'attribute'
            ? !words.attributes
            : !Object.hasOwn(words.measures, measure.name)
      ) {
        const fields = [
          ...Object.keys(words.measures),
          ...(words.attributes ? ['attr.…'] : []),
          ...(source === 'scores' ? ['score.…'] : []),
        ];
        const near = measure.type === 'builtin' ? nearestWord(measure.name.toLowerCase(), fields) : undefined;
        const of = Object.entries(sourceWords).find(
          ([, each]) => measure.type === 'builtin' && Object.hasOwn(each.measures, measure.name),
        );
        reader.fail(`a field of ${source} that holds numbers (${fields.join(', ')})`, {
          at: argument,
          hint:
            near !== undefined
              ? `Did you mean \`${near}\`?`
              : of !== undefined
                ? `Write \`of ${of[0]}\` after it.`
                : 'An attribute is written `attr.name`.',
        });
      }
    }
    if (term.type === 'uniq') checkDimension(term.dimension, { source, reader, at: argument });
    if (term.type === 'failed' && (source === 'logs' || source === 'scores'))
      reader.fail('`rate( … )` of what counts as failed', {
        at: start,
        hint: 'As in `rate(severity>=ERROR) of logs`.',
      });
    if ((term.type === 'count' || term.type === 'share') && term.filter !== '')
      checkFilter(reader, { filter: term.filter, at: argument, source });
  }
}

const filterSignals: Readonly<Record<RuleSource, FilterSignal>> = {
  spans: 'spans',
  calls: 'spans',
  runs: 'traces',
  logs: 'logs',
  scores: 'traces',
};

/** What the filters of a rule are on. */
export function signalOf(source: RuleSource): FilterSignal {
  return filterSignals[source];
}

function checkFilter(
  reader: RuleReader,
  { filter, at, source }: { readonly filter: string; readonly at: number; readonly source: RuleSource },
): void {
  const read = readFilter(filter, { signal: signalOf(source), now: unixNano(0n) });
  if (read.ok) return;
  const { column, expected } = read.error;
  reader.fail(expected, { at: at + column - 1 });
}

function readWhere(reader: RuleReader, source: RuleSource): string {
  if (!reader.tryWord('where')) return '';
  reader.skipSpace();
  const at = reader.position;
  const filter = reader.clause();
  if (filter === '') reader.fail('a filter, as in `where service:api`');
  checkFilter(reader, { filter, at, source });
  return filter;
}

function readDimensions(reader: RuleReader, source: RuleSource): readonly Dimension[] {
  const found: Dimension[] = [];
  do {
    reader.skipSpace();
    const at = reader.position;
    const text = reader.field();
    if (text === '') reader.fail('a field, as in `by service`');
    const dimension = dimensionOf(text);
    checkDimension(dimension, { source, reader, at });
    if (found.length >= dimensionsMax) reader.fail(`at most ${dimensionsMax} fields`, { at });
    found.push(dimension);
  } while (reader.tryChar(','));
  return found;
}

function checkDimension(
  dimension: Dimension,
  { source, reader, at }: { readonly source: RuleSource; readonly reader: RuleReader; readonly at: number },
): void {
  const { dimensions, attributes } = sourceWords[source];
  if (dimension.type === 'attribute' ? attributes : dimensions.includes(dimension.name)) return;
  const fields = [...dimensions, ...(attributes ? ['attr.…', 'resource.…'] : [])];
  const near =
    dimension.type === 'builtin' ? nearestWord(dimension.name.toLowerCase(), dimensions) : undefined;
  reader.fail(`a field of ${source} (${fields.join(', ')})`, {
    at,
    hint:
      near !== undefined
        ? `Did you mean \`${near}\`?`
        : attributes
          ? 'An attribute is written `attr.name`.'
          : '',
  });
}

function readWindow(reader: RuleReader): number {
  reader.skipSpace();
  const at = reader.position;
  const nanos = parseDuration(reader.word());
  const seconds = Number(nanos ?? 0n) / 1e9;
  if (nanos === undefined || seconds < 1 || seconds > windowMaxS)
    reader.fail('a duration from 1s to 31d, such as `5m`', { at });
  return seconds;
}

function unitOf(
  left: ReadTerm,
  { operator, right }: { readonly operator: string | undefined; readonly right: ReadTerm | undefined },
  source: RuleSource,
): ValueUnit {
  const own = unitOfTerm(left, source);
  if (right === undefined || operator === undefined) return own;
  const other = unitOfTerm(right, source);
  if (right.term.type === 'number') return own;
  if (left.term.type === 'number') return operator === '/' ? 'none' : other;
  if (operator === '/') return own === other ? 'ratio' : own;
  return own === other && operator !== '*' ? own : own === 'none' ? other : own;
}

function unitOfTerm({ term, unit }: ReadTerm, source: RuleSource): ValueUnit {
  if (unit !== undefined) return unit;
  switch (term.type) {
    case 'per_second':
      return 'per_second';
    case 'share':
    case 'failed':
    case 'hallucinated':
      return 'ratio';
    case 'quantile':
    case 'avg':
    case 'max':
    case 'min':
    case 'sum':
      return term.measure.type === 'builtin'
        ? (sourceWords[source].measures[term.measure.name]?.unit ?? 'none')
        : 'none';
    default:
      return 'none';
  }
}

function readCompound(reader: RuleReader): RuleNode {
  const first = readRuleName(reader);
  reader.skipSpace();
  const at = reader.position;
  const operator = reader.word();
  if (operator !== 'and' && operator !== 'or' && operator !== 'unless')
    reader.fail('`and`, `or` or `unless`', { at });
  reader.skipSpace();
  if (!reader.tryWord('rule')) reader.fail('`rule` and the name of a rule');
  const second = readRuleName(reader);
  reader.expectEnd();
  return { type: 'compound', operator, rules: [first, second] };
}

function readRuleName(reader: RuleReader): string {
  reader.skipSpace();
  const name = reader.tryQuoted() ?? reader.word();
  if (name === '') reader.fail('the name of a rule in quotes, as in `rule "API errors"`');
  return name;
}

/** How fast the budget of an SLO is spent; 1 is the pace at which it lasts for the window of the SLO. */
function readBurn(reader: RuleReader): RuleNode {
  reader.skipSpace();
  const slo = reader.tryQuoted() ?? reader.word();
  if (slo === '') reader.fail('the name of an SLO in quotes, as in `slo "Checkout"`');
  if (!reader.tryWord('burns')) reader.fail('`burns > 14.4 over 1h and 5m`');
  if (reader.tryOneOf(['>'] as const) === undefined) reader.fail('`>` and a number, as in `burns > 14.4`');
  reader.skipSpace();
  const at = reader.position;
  const factor = reader.tryNumber();
  if (factor === undefined || factor <= 0) reader.fail('a number above 0, such as `14.4`', { at });
  if (!reader.tryWord('over')) reader.fail('`over` and two durations, as in `over 1h and 5m`');
  const longS = readBurnWindow(reader);
  if (!reader.tryWord('and')) reader.fail('`and` and a shorter duration, as in `over 1h and 5m`');
  reader.skipSpace();
  const shortAt = reader.position;
  const shortS = readBurnWindow(reader);
  if (shortS > longS) reader.fail('a duration up to that of the first window', { at: shortAt });
  reader.expectEnd();
  return { type: 'burn', slo, factor, longS, shortS };
}

/** Events are counted by the minute. */
function readBurnWindow(reader: RuleReader): number {
  reader.skipSpace();
  const at = reader.position;
  const seconds = readWindow(reader);
  if (seconds % 60 !== 0 || seconds > burnWindowMaxS)
    reader.fail('whole minutes up to 9d, such as `5m`', { at });
  return seconds;
}
