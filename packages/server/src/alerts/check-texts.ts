/**
 * Whether the texts of a rule are templates that can be read: actions that end, blocks that have their `end`, functions and variables that
 * Prometheus or this server knows. A function that only Prometheus has is fine; its action stays in the message as it is written.
 */
import { nearestWord } from '@sightline/base';
import type { AlertRuleInput } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { caretLines } from '@sightline/schema/rules';
import { templateAction } from './fill-template.ts';

/** Throws `bad_rule`, with the place in its hint. */
export function assertTextsRead({
  annotations,
  labels,
}: Pick<AlertRuleInput, 'annotations' | 'labels'>): void {
  const { summary, description, other } = annotations;
  for (const [name, text] of [
    ...Object.entries({ summary, description, ...other }),
    ...Object.entries(labels),
  ]) {
    const problem = findTemplateProblem(text);
    if (problem === undefined) continue;
    const { message, at } = problem;
    throw new SightlineError('bad_rule', `The text of "${name}" cannot be filled in: ${message}.`, {
      hint: caretLines(text, at),
    });
  }
}

interface TemplateProblem {
  readonly message: string;
  /** Where the action begins. */
  readonly at: number;
}

const openers = new Set(['if', 'range', 'with', 'define', 'block']);

export function findTemplateProblem(text: string): TemplateProblem | undefined {
  const open: { readonly word: string; readonly at: number }[] = [];
  const variables = new Set(['labels', 'value', 'externalLabels', 'externalURL', '']);
  let read = 0;
  for (const match of text.matchAll(templateAction)) {
    const [whole] = match;
    const at = match.index;
    const unclosed = text.slice(read, at).indexOf('{{');
    if (unclosed >= 0) return { message: 'an action has no }}', at: read + unclosed };
    read = at + whole.length;
    const body = whole
      .slice(2, -2)
      .replace(/^-\s|\s-$/g, '')
      .trim();
    if (body.startsWith('/*')) continue;
    const word = /^\w+/.exec(body)?.[0] ?? '';
    if (openers.has(word)) open.push({ word, at });
    if (word === 'end' && open.pop() === undefined)
      return { message: '"end" stands where nothing was begun', at };
    if (word === 'else' && open.length === 0) return { message: '"else" stands outside of "if"', at };
    if (body === '') return { message: 'an action is empty', at };
    const problem = findWordProblem(body, variables);
    if (problem !== undefined) return { message: problem, at };
  }
  const unclosed = text.slice(read).indexOf('{{');
  if (unclosed >= 0) return { message: 'an action has no }}', at: read + unclosed };
  const last = open.at(-1);
  return last === undefined ? undefined : { message: `"${last.word}" has no "end"`, at: last.at };
}

/** Names that are declared count from there to the end, since what they are used for is not looked at. */
function findWordProblem(body: string, variables: Set<string>): string | undefined {
  const bare = body.replaceAll(/"(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)*'/g, ' ');
  for (const [, names = ''] of bare.matchAll(/((?:\$\w*\s*,\s*)?\$\w*)\s*:?=/g))
    for (const [, name = ''] of names.matchAll(/\$(\w*)/g)) variables.add(name);
  // Fields (`.Value`) and numbers are passed over as a whole.
  for (const [token] of bare.matchAll(/\$[\w.]*|\.[\w.]+|\d[\w.]*|[A-Za-z_]\w*/g)) {
    const [name = ''] = token.replace(/^\$/, '').split('.');
    if (token.startsWith('$') && !variables.has(name))
      return `the variable "$${name}" is not known${didYouMean(name, variables, '$')}`;
    if (/^[A-Za-z_]/.test(token) && !words.has(token))
      return `the function "${token}" is not known${didYouMean(token, words)}`;
  }
  return undefined;
}

function didYouMean(written: string, known: ReadonlySet<string>, sign = ''): string {
  const near = nearestWord(
    written,
    [...known].filter((each) => each !== ''),
  );
  return near === undefined ? '' : `, did you mean "${sign}${near}"`;
}

const words = new Set(
  // Go's templates.
  (
    'if else end range with define block template break continue nil true false and or not call html index slice js len print printf println urlquery eq ne lt le gt ge ' +
    // Prometheus.
    'query first label value strvalue args reReplaceAll safeHtml match title toUpper toLower graphLink tableLink sortByLabel stripPort stripDomain humanize humanize1024 ' +
    'humanizeDuration humanizePercentage humanizeTimestamp toTime toDuration now pathPrefix externalURL parseDuration tmpl urlQueryEscape ' +
    // Ours.
    'labels'
  ).split(' '),
);
