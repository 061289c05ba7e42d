/** Rules of files: ours, or those of Prometheus. */
import { ownValue } from '@sightline/base';
import {
  alertFileParts,
  alertRoute,
  type AlertRoute,
  alertRuleInput,
  type AlertRuleInput,
  type AlertSeverity,
  silenceInput,
  type SilenceInput,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { parseDuration } from '../../promql/lexer.ts';
import { assertTextsRead } from '../check-texts.ts';
import { compileRule } from '../compiled-rule.ts';
import { type FileProblem, readYaml, type YamlValue } from './rule-yaml.ts';

export interface RuleFile {
  readonly rules: readonly AlertRuleInput[];
  /** Undefined where the file says nothing of them, as are silences. */
  readonly routes: readonly AlertRoute[] | undefined;
  readonly silences: readonly SilenceInput[] | undefined;
  readonly problems: readonly FileProblem[];
}

export function readRuleFile(
  format: 'prometheus' | 'sightline',
  text: string,
  { ignoresUnknown = false } = {},
): RuleFile {
  const { root, problems } = readYaml(text);
  if (problems.length > 0) return { rules: [], routes: undefined, silences: undefined, problems };
  return format === 'prometheus' ? readPrometheus(root, ignoresUnknown) : readOurs(root);
}

function problemAt(place: string, error: unknown): FileProblem {
  if (error instanceof SightlineError) {
    const isCaret = error.hint.includes('\n');
    return {
      place,
      message: error.message,
      caret: isCaret ? error.hint : '',
      hint: isCaret ? '' : error.hint,
    };
  }
  return { place, message: error instanceof Error ? error.message : String(error), caret: '', hint: '' };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

const issuesText = (issues: readonly Issue[]): string =>
  issues
    .slice(0, 3)
    .map(({ path, message }) => (path.length === 0 ? message : `"${path.join('.')}": ${message}`))
    .join('; ');

function readOurs(root: YamlValue): RuleFile {
  const problems: FileProblem[] = [];
  for (const name of root.names())
    if (!alertFileParts.some((part) => part === name))
      problems.push({
        place: 'the file',
        message: `"${name}" is not known here.`,
        caret: '',
        hint: `A file has ${alertFileParts.join(', ')}.`,
      });
  const read = <T>(
    values: readonly YamlValue[],
    schema: {
      safeParse: (
        value: unknown,
      ) => { success: true; data: T } | { success: false; error: { issues: readonly Issue[] } };
    },
  ): T[] =>
    values.flatMap((value) => {
      const parsed = schema.safeParse(value.value);
      if (parsed.success) return [parsed.data];
      problems.push({
        place: value.place,
        message: issuesText(parsed.error.issues),
        caret: '',
        hint: 'Fields are described in docs/alerts.md.',
      });
      return [];
    });
  const rules = (root.get('rules')?.items() ?? []).flatMap((value) =>
    read([value], alertRuleInput).filter((rule) => isRight(rule, value.place, problems)),
  );
  const routes = root.get('routes');
  const silences = root.get('silences');
  if (!root.isMap)
    problems.push({
      place: 'the file',
      message: 'It has no rules.',
      caret: '',
      hint: 'Begin with `rules:` and a list.',
    });
  return {
    rules,
    routes: routes === undefined ? undefined : read(routes.items(), alertRoute),
    silences: silences === undefined ? undefined : read(silences.items(), silenceInput),
    problems,
  };
}

function isRight(rule: AlertRuleInput, place: string, problems: FileProblem[]): boolean {
  try {
    compileRule({ id: '', project: '', rule });
    assertTextsRead(rule);
    return true;
  } catch (error) {
    const problem = problemAt(place, error);
    problems.push({ ...problem, message: `${rule.name}: ${problem.message}` });
    return false;
  }
}

const groupFields = ['name', 'interval', 'query_offset', 'limit', 'labels', 'rules'];
const ruleFields = ['record', 'alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'];

function readPrometheus(root: YamlValue, ignoresUnknown: boolean): RuleFile {
  const unknownOf = (value: YamlValue, known: readonly string[]): FileProblem[] =>
    ignoresUnknown
      ? []
      : value.names().flatMap((name) => (known.includes(name) ? [] : [unknownField(value, name, known)]));
  const problems: FileProblem[] = [];
  const rules: AlertRuleInput[] = [];
  const groups = root.get('groups');
  if (groups === undefined || !groups.isList)
    return {
      rules,
      routes: undefined,
      silences: undefined,
      problems: [
        {
          place: 'the file',
          message: 'It has no list "groups".',
          caret: '',
          hint: 'As in Prometheus: groups, each with a name and rules.',
        },
      ],
    };
  problems.push(...unknownOf(root, ['groups']));
  const seen = new Set<string>();
  for (const group of groups.items()) {
    problems.push(...unknownOf(group, groupFields), ...groupProblems(group, seen));
    const ofGroup = group.value as {
      name?: string;
      interval?: string;
      query_offset?: string;
      limit?: number;
      labels?: Record<string, string>;
    };
    for (const value of group.get('rules')?.items() ?? []) {
      problems.push(...unknownOf(value, ruleFields));
      const before = problems.length;
      const rule = fromPrometheus(ofGroup, value, problems);
      if (rule === undefined || problems.length > before) continue;
      const named = { ...rule, name: freeName(rule, rules), labels: rule.labels };
      const kept =
        named.name === rule.name ? named : { ...named, labels: { alertname: rule.name, ...named.labels } };
      if (isRight(kept, value.place, problems)) rules.push(kept);
    }
  }
  return { rules, routes: undefined, silences: undefined, problems };
}

function unknownField(value: YamlValue, name: string, known: readonly string[]): FileProblem {
  return {
    place: value.place,
    message: `field ${name} not found`,
    caret: '',
    hint: `${known.length === 1 ? 'The only field is' : 'Fields are'} ${known.join(', ')}.`,
  };
}

/** `seen` gets its name. */
function groupProblems(group: YamlValue, seen: Set<string>): FileProblem[] {
  const fail = (message: string, hint: string): FileProblem[] => [
    { place: group.place, message, caret: '', hint },
  ];
  if (!group.isMap) return fail('A group has fields.', `Fields are ${groupFields.join(', ')}.`);
  const name = group.get('name')?.text ?? '';
  if (name === '') return fail('Groupname must not be empty', 'Begin the group with `name:`.');
  if (seen.has(name))
    return fail(`groupname: "${name}" is repeated in the same file`, 'Give each group a name of its own.');
  seen.add(name);
  const rules = group.get('rules');
  if (rules !== undefined && rules.value !== null && !rules.isList)
    return fail('"rules" is no list.', 'Write each rule behind a dash.');
  return textsProblems(group, 'labels');
}

/** Problems of `labels` or `annotations`, a map of names to texts. It may be left out. */
function textsProblems(value: YamlValue, field: 'labels' | 'annotations'): FileProblem[] {
  const texts = value.get(field);
  if (texts === undefined || texts.value === null) return [];
  const fail = (message: string): FileProblem[] => [
    { place: texts.place, message, caret: '', hint: `Write ${field} as \`name: text\`, each in a line.` },
  ];
  if (!texts.isMap) return fail(`"${field}" is no map of names to texts.`);
  return texts.names().flatMap((name) => {
    const { value: text } = texts.get(name) ?? { value: null };
    if (typeof text === 'object' && text !== null) return fail(`"${field}.${name}" is no text.`);
    if (name === '__name__') return fail(`invalid label name: ${name}`);
    return field === 'labels' || /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)
      ? []
      : fail(`invalid annotation name: ${name}`);
  });
}

/** Names are unique here, and need not be in Prometheus: each keeps its `alertname`. */
function freeName({ name, group }: AlertRuleInput, taken: readonly AlertRuleInput[]): string {
  const isTaken = (text: string): boolean => taken.some((rule) => rule.name === text);
  if (!isTaken(name)) return name;
  for (let number = 2; ; number++) {
    const text = `${name} (${group} ${number})`;
    if (!isTaken(text)) return text;
  }
}

const severities: Readonly<Record<string, AlertSeverity>> = {
  critical: 'critical',
  page: 'critical',
  error: 'critical',
  emergency: 'critical',
  high: 'critical',
  info: 'info',
  information: 'info',
  none: 'info',
  low: 'info',
  notice: 'info',
};

function fromPrometheus(
  group: {
    readonly name?: string;
    readonly interval?: string;
    readonly query_offset?: string;
    readonly limit?: number;
    readonly labels?: Record<string, string>;
  },
  value: YamlValue,
  problems: FileProblem[],
): AlertRuleInput | undefined {
  const { place } = value;
  const rule = value.value as Record<string, unknown> | null;
  const fail = (message: string, hint = ''): undefined => {
    problems.push({ place, message, caret: '', hint });
    return undefined;
  };
  if (typeof rule !== 'object' || rule === null) return fail('A rule has fields.');
  const alert = textOf(rule['alert']);
  const record = textOf(rule['record']);
  const expr = textOf(rule['expr']);
  if ((alert === '') === (record === '')) return fail("one of 'record' or 'alert' must be set");
  if (expr === '') return fail("field 'expr' must be set in rule");
  const extra =
    record === '' ? undefined : ['for', 'keep_firing_for', 'annotations'].find((name) => isSet(rule[name]));
  if (extra !== undefined)
    return fail(`invalid field '${extra}' in recording rule`, 'Only alerts have it: leave it out.');
  const texts = [...textsProblems(value, 'labels'), ...textsProblems(value, 'annotations')];
  problems.push(...texts);
  if (texts.length > 0) return undefined;
  const seconds = (name: string, given: unknown, otherwise: number): number => {
    if (given === undefined || given === null) return otherwise;
    const text = textOf(given);
    const read = text === '0' ? 0 : parseDuration(text);
    if (read === undefined)
      fail(`not a valid duration string in "${name}": "${text}"`, 'As in 30s, 5m or 1h30m.');
    return Math.round(read ?? otherwise);
  };
  const labels = { ...group.labels, ...(rule['labels'] as Record<string, string> | undefined) };
  const {
    summary = '',
    description = '',
    runbook_url: runbook = '',
    ...other
  } = (rule['annotations'] ?? {}) as Record<string, string>;
  const isLink = /^https?:\/\/[^\s{}]+$/.test(runbook);
  const parsed = alertRuleInput.safeParse({
    name: alert === '' ? record : alert,
    kind: 'promql',
    query: expr.trim(),
    group: textOf(group.name),
    intervalS: Math.max(1, seconds('interval', group.interval, 60)),
    delayS: seconds('query_offset', group.query_offset, 0),
    limit: group.limit ?? 0,
    forS: seconds('for', rule['for'], 0),
    keepFiringS: seconds('keep_firing_for', rule['keep_firing_for'], 0),
    severity: ownValue(severities, String(labels['severity'] ?? '').toLowerCase()) ?? 'warning',
    labels: Object.fromEntries(Object.entries(labels).map(([name, text]) => [name, String(text)])),
    annotations: {
      summary: String(summary),
      description: String(description),
      runbookUrl: isLink ? runbook : '',
      other: Object.fromEntries(
        Object.entries({ ...other, ...(runbook !== '' && !isLink ? { runbook_url: runbook } : {}) }).map(
          ([name, text]) => [name, String(text)],
        ),
      ),
    },
    record,
  });
  if (parsed.success) return parsed.data;
  return fail(
    issuesText(
      parsed.error.issues.map(({ path: [field, ...rest], message }) => ({
        path: field === undefined ? [] : [ownValue(fieldNames, String(field)) ?? field, ...rest],
        message,
      })),
    ),
  );
}

/** As the file calls what is called otherwise here. */
const fieldNames: Readonly<Record<string, string>> = {
  query: 'expr',
  intervalS: 'interval',
  delayS: 'query_offset',
  forS: 'for',
  keepFiringS: 'keep_firing_for',
};

/** Prometheus takes a duration of 0 and an empty map for nothing. */
const isSet = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  !/^0(?:ms|[smhdwy])?$/.test(textOf(value)) &&
  (typeof value !== 'object' || Object.keys(value).length > 0);

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
