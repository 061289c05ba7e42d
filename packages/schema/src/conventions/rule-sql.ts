import type { CodedSource } from './coded-sources.ts';
import { numbersSql, sqlList, sqlString, wordsSql } from './sql-text.ts';
import { type Guard, isNumeric, type Source } from './source.ts';

/** What rules read from, as expressions. */
export interface RuleScope {
  /** `Map(…, String)` with at least every attribute that a rule looks at. */
  readonly attributes: string;
  readonly resource: string;
  readonly name: string;
  /** The keys of the attributes, and `key=value` of each in lower case. */
  readonly keys: string;
  readonly pairs: string;
}

/**
 * The sources that are more than an attribute's text, as data that one expression interprets: planning a hundred expressions of their
 * own took longer than running them. Rules wait under what they hang on (`gates`) and are looked at only where a row has it;
 * those on resource attributes where the resource has any that counts. What looks at a rule is given a copy of the row's attributes, so few should wait in vain.
 */
export function ruleHitsSql(sources: readonly CodedSource[], scope: RuleScope): string {
  const conditional = sources.filter((each) => each.kind === 'conditional');
  const waits = conditional.flatMap((each) =>
    (each.gates.length === 0 ? [resourceGate] : each.gates).map((gate) => ({ gate, each })),
  );
  const groups = Map.groupBy(waits, ({ gate }) => gate);
  if (groups.size === 0) return '[]::Array(Tuple(UInt16, String))';
  const gates = [...groups.keys()];
  const rules = `CAST(${sqlString(`[${[...groups.values()].map((group) => `[${group.map(({ each }) => ruleTuple(each)).join(',')}]`).join(',')}]`)}, '${groupsType}')`;
  const numbers = numbersSql(
    gates.map((_, index) => index + 1),
    'UInt8',
  );
  const number = `transform(gate_, ${wordsSql(gates)}, ${numbers}, toUInt8(0))`;
  const ofResource = `if(notEmpty(${scope.resource}), ['${resourceGate}'], [])`;
  const open = `arrayFilter(gate_ -> gate_ != 0, arrayMap(gate_ -> ${number}, arrayConcat(${scope.keys}, ${scope.pairs}, ${ofResource})))`;
  const waiting = `arrayFlatten(arrayMap(gate_ -> ${rules}[gate_], ${open}))`;
  // Only where the guards hold: what is behind them may be long JSON.
  const allowed = `arrayFilter(rule_ -> ${guardsSql(scope)}, ${waiting})`;
  return `arrayMap(rule_ -> (rule_.1, ${mappedSql(sources, locatedSql(readSql(scope)))}), ${allowed})`;
}

/** No attribute is called so. */
const resourceGate = '\u0001resource';

/** 1 code, 2 reads from, 3 attribute, 4 prefix, 5 form, 6 path of (key, list position), 7 has a map, 8 guards of (attribute, kind, operand), 9 what ends the value, 10 what a number stands behind, 11 prefix of what does not count. */
const groupsType =
  'Array(Array(Tuple(UInt16, UInt8, String, String, UInt8, Array(Tuple(String, UInt8)), UInt8, Array(Tuple(String, UInt8, String)), String, String, String)))';

const readsFrom = { attribute: 0, name: 1, resource: 2 } as const;
const forms = { plain: 0, quoted: 1, textInJson: 2, numberInJson: 3 } as const;
const guardKinds = { equals: 0, startsWith: 1, present: 2, absent: 3, differs: 4 } as const;

function ruleTuple({ code, field, source }: CodedSource): string {
  const path = (source.path ?? []).map((step) =>
    typeof step === 'number' ? `('',${step + 1})` : `(${sqlString(step)},0)`,
  );
  return `(${[
    code,
    readsFrom[source.from ?? 'attribute'],
    sqlString(source.name),
    sqlString(source.afterPrefix ?? ''),
    forms[formOf(source, isNumeric(field.type))],
    `[${path.join(',')}]`,
    source.map === undefined ? 0 : 1,
    `[${(source.when ?? []).map(guardTuple).join(',')}]`,
    sqlString(source.until ?? ''),
    sqlString(source.after ?? ''),
    sqlString(source.unlessPrefix ?? ''),
  ].join(',')})`;
}

function formOf(source: Source, isNumber: boolean): keyof typeof forms {
  if (source.quoted) return 'quoted';
  if (source.path === undefined) return 'plain';
  return isNumber ? 'numberInJson' : 'textInJson';
}

function guardTuple(guard: Guard): string {
  const [kind, operand] =
    'equals' in guard
      ? (['equals', guard.equals.join('\n')] as const)
      : 'differs' in guard
        ? (['differs', guard.differs.join('\n')] as const)
        : 'startsWith' in guard
          ? (['startsWith', [guard.startsWith].flat().join('\n')] as const)
          : ([guard.present ? 'present' : 'absent', ''] as const);
  return `(${sqlString(guard.attribute)},${guardKinds[kind]},${sqlString(operand)})`;
}

function guardsSql({ attributes }: RuleScope): string {
  const text = `${attributes}[guard_.1]`;
  return `arrayAll(guard_ -> multiIf(guard_.2 = ${guardKinds.equals}, has(splitByChar('\\n', guard_.3), lower(${text})),
    guard_.2 = ${guardKinds.differs}, NOT has(splitByChar('\\n', guard_.3), lower(${text})),
    guard_.2 = ${guardKinds.startsWith}, arrayExists(start_ -> startsWith(${text}, start_), splitByChar('\\n', guard_.3)), notEmpty(${text}) = (guard_.2 = ${guardKinds.present})), rule_.8)`;
}

function readSql({ attributes, resource, name }: RuleScope): string {
  const text = `multiIf(rule_.2 = ${readsFrom.name}, toString(${name}), rule_.2 = ${readsFrom.resource}, ${resource}[rule_.3], ${attributes}[rule_.3])`;
  const rest = `arrayMap(text_ -> if(startsWith(text_, rule_.4) AND NOT (notEmpty(rule_.11) AND startsWith(text_, rule_.11)), substring(text_, length(rule_.4) + 1), ''), [${text}])[1]`;
  const ended = `if(empty(rule_.9), rest_, substring(rest_, 1, greatest(position(rest_, rule_.9), 1) - 1))`;
  const plain = `arrayMap(rest_ -> ${ended}, [${rest}])[1]`;
  return `if(empty(rule_.10), ${plain}, ${valueBehindSql(text)})`;
}

/** From behind: the text is turned around to find what stands last in it. */
function valueBehindSql(text: string): string {
  const place = `position(reverse(text_), reverse(rule_.10))`;
  const rest = `arrayMap(place_ -> if(place_ = 0, '', substring(text_, length(text_) - place_ + 2)), [${place}])[1]`;
  const value = `extract(${rest}, '^ ?([0-9]+(?:[.][0-9]+)?|"[A-Za-z0-9_.-]{1,64}")')`;
  const fitting = `arrayMap(value_ -> if(startsWith(value_, '"') = (rule_.5 = ${forms.quoted}), value_, ''), [${value}])[1]`;
  return `arrayMap(text_ -> ${fitting}, arrayFilter(text_ -> notEmpty(rule_.10), [${text}]))[1]`;
}

function locatedSql(text: string): string {
  const found =
    'arrayFold((json_, step_) -> if(step_.2 = 0, JSONExtractRaw(json_, step_.1), JSONExtractRaw(json_, step_.2)), rule_.6, text_)';
  const string = (json: string) => `if(startsWith(${json}, '"'), JSONExtractString(${json}), %)`;
  const unquoted = string('found_').replace('%', `if(rule_.5 = ${forms.textInJson}, '', found_)`);
  return `arrayMap(text_ -> if(rule_.5 = ${forms.plain}, text_, arrayMap(found_ -> ${unquoted}, [${found}])[1]), [${text}])[1]`;
}

/** Values in lower case → normal values; `*` stands for any other. */
function mappedSql(sources: readonly CodedSource[], text: string): string {
  const named: [string, string][] = [];
  const others: [number, string][] = [];
  for (const { kind, code, source } of sources)
    if (kind === 'conditional')
      for (const [value, normal] of Object.entries(source.map ?? {}))
        if (value === '*') others.push([code, normal]);
        else named.push([`${code}=${value}`, normal]);
  if (named.length + others.length === 0) return text;
  const longest = Math.max(...named.map(([key]) => key.length));
  const other =
    others.length === 0
      ? `''`
      : `transform(rule_.1, ${numbersSql(
          others.map(([code]) => code),
          'UInt16',
        )}, [${sqlList(others.map(([, normal]) => normal))}], '')`;
  const normal = `transform(concat(toString(rule_.1), '=', lower(left(found_, ${longest}))), ${wordsSql(named.map(([key]) => key))}, ${wordsSql(named.map(([, value]) => value))}, ${other})`;
  return `arrayMap(found_ -> if(rule_.7 = 0 OR empty(found_), found_, ${normal}), [${text}])[1]`;
}
