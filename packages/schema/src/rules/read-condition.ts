import { parseDuration } from '../filter/index.ts';
import type { RuleComparison, RuleCondition, ValueUnit } from './rule-node.ts';
import type { RuleReader } from './rule-reader.ts';
import { conditionWords } from './rule-words.ts';

const comparisons = ['>=', '<=', '==', '!=', '>', '<'] as const;
const againstMaxS = 31 * 86_400;
const withinMinS = 600;
const sensitivities = ['low', 'normal', 'high'] as const;

/** Reads a condition. Without a unit (PromQL and SQL) numbers are numbers, and durations are seconds. */
export function readCondition(reader: RuleReader, unit: ValueUnit | undefined): RuleCondition {
  reader.skipSpace();
  const comparison = reader.tryOneOf(comparisons);
  if (comparison !== undefined) return readThreshold(reader, comparison, unit);
  const at = reader.position;
  const word = reader.word().toLowerCase();
  if (word === 'absent') return { type: 'absent' };
  if (word === 'changed' || word === 'rose' || word === 'fell') return readChange(reader, word);
  if (word === 'anomalous') return readAnomalous(reader);
  if (word === 'forecast') return readForecast(reader, unit);
  return reader.fail('a condition such as `> 3`, `changed > 30% against 1d`, `anomalous` or `absent`', {
    at,
    hint: conditionWords.some((each) => word !== '' && each.startsWith(word.slice(0, 3)))
      ? `Did you mean \`${conditionWords.find((each) => each.startsWith(word.slice(0, 3)))}\`?`
      : '',
  });
}

function readThreshold(
  reader: RuleReader,
  comparison: RuleComparison,
  unit: ValueUnit | undefined,
): RuleCondition {
  const threshold = readQuantity(reader, unit);
  if (!reader.tryWord('recover')) return { type: 'threshold', comparison, threshold, recovery: undefined };
  reader.skipSpace();
  const at = reader.position;
  const back = reader.tryOneOf(comparisons);
  const isUp = comparison === '>' || comparison === '>=';
  const isDown = comparison === '<' || comparison === '<=';
  if (!isUp && !isDown) reader.fail('no `recover` with `==` and `!=`', { at });
  if (isUp ? back !== '<' && back !== '<=' : back !== '>' && back !== '>=')
    reader.fail(isUp ? '`<`, the other way than the condition' : '`>`, the other way than the condition', {
      at,
    });
  reader.skipSpace();
  const valueAt = reader.position;
  const recovery = readQuantity(reader, unit);
  if (isUp ? recovery > threshold : recovery < threshold)
    reader.fail(isUp ? 'a value up to the threshold' : 'a value from the threshold on', { at: valueAt });
  return { type: 'threshold', comparison, threshold, recovery };
}

function readChange(reader: RuleReader, direction: 'changed' | 'rose' | 'fell'): RuleCondition {
  if (reader.tryOneOf(['>'] as const) === undefined) reader.fail('`>` and a percentage, as in `> 30%`');
  reader.skipSpace();
  const at = reader.position;
  const written = reader.word();
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(written);
  if (percent === null) reader.fail('a percentage such as `30%`', { at });
  if (!reader.tryWord('against')) reader.fail('`against` and a duration, as in `against 1d`');
  reader.skipSpace();
  const from = reader.position;
  const againstS = Number(parseDuration(reader.word()) ?? 0n) / 1e9;
  if (againstS < 1 || againstS > againstMaxS)
    reader.fail('a duration from 1s to 31d, such as `1d`', { at: from });
  return { type: 'change', direction, share: Number(percent[1]) / 100, againstS };
}

/** `anomalous`, `anomalous above`, `anomalous below with high sensitivity`. */
function readAnomalous(reader: RuleReader): RuleCondition {
  const side = (['above', 'below'] as const).find((word) => reader.tryWord(word)) ?? 'either';
  if (!reader.tryWord('with')) return { type: 'anomalous', side, sensitivity: 'normal' };
  reader.skipSpace();
  const at = reader.position;
  const word = reader.word().toLowerCase();
  const sensitivity = sensitivities.find((each) => each === word);
  if (sensitivity === undefined || !reader.tryWord('sensitivity'))
    return reader.fail('`low sensitivity`, `normal sensitivity` or `high sensitivity`', { at });
  return { type: 'anomalous', side, sensitivity };
}

/** `forecast reaches 90% within 7d`, `forecast falls to 10% within 7d`. */
function readForecast(reader: RuleReader, unit: ValueUnit | undefined): RuleCondition {
  reader.skipSpace();
  const at = reader.position;
  const word = reader.word().toLowerCase();
  if (word !== 'reaches' && word !== 'falls')
    reader.fail('`reaches`, or `falls to`, as in `forecast reaches 90% within 7d`', { at });
  if (word === 'falls' && !reader.tryWord('to')) reader.fail('`to` and a value, as in `falls to 10%`');
  const target = readQuantity(reader, unit);
  if (!reader.tryWord('within')) reader.fail('`within` and a duration, as in `within 7d`');
  reader.skipSpace();
  const from = reader.position;
  const withinS = Number(parseDuration(reader.word()) ?? 0n) / 1e9;
  if (withinS < withinMinS || withinS > againstMaxS)
    reader.fail('a duration from 10m to 31d, such as `7d`', { at: from });
  return { type: 'forecast', direction: word === 'falls' ? 'falls' : 'rises', target, withinS };
}

/** A number in the unit of the value. */
function readQuantity(reader: RuleReader, unit: ValueUnit | undefined): number {
  reader.skipSpace();
  const at = reader.position;
  const sign = reader.tryChar('-') ? -1 : 1;
  const written = reader.word();
  const expected = expectedOf(unit);
  const dollars = /^\$(\d+(?:\.\d+)?|\.\d+)$/.exec(written);
  if (dollars !== null) {
    if (unit !== undefined && unit !== 'dollars') reader.fail(expected, { at });
    return sign * Number(dollars[1]);
  }
  const percent = /^(\d+(?:\.\d+)?|\.\d+)%$/.exec(written);
  if (percent !== null) {
    if (unit !== undefined && unit !== 'ratio' && unit !== 'none') reader.fail(expected, { at });
    return (sign * Number(percent[1])) / 100;
  }
  if (/^(?:\d+(?:\.\d*)?|\.\d+)(?:e\d+)?$/i.test(written)) {
    const value = sign * Number(written);
    if (unit === 'seconds' && value !== 0)
      reader.fail(expected, { at, hint: `Write \`${written}s\` for seconds, or \`${written}ms\`.` });
    return value;
  }
  const nanos = parseDuration(written);
  if (nanos === undefined || (unit !== undefined && unit !== 'seconds' && unit !== 'milliseconds'))
    return reader.fail(expected, { at });
  return (sign * Number(nanos)) / (unit === 'milliseconds' ? 1e6 : 1e9);
}

function expectedOf(unit: ValueUnit | undefined): string {
  switch (unit) {
    case 'seconds':
      return 'a duration such as `3s` or `500ms`';
    case 'milliseconds':
      return 'milliseconds such as `3000`, or a duration such as `3s`';
    case 'dollars':
      return 'an amount such as `$1.50`';
    case 'ratio':
      return 'a share such as `0.05` or `5%`';
    default:
      return 'a number';
  }
}
