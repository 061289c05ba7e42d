import { severity, type Severity } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { parseFilter } from '@sightline/schema/filter';
import { badOption, type OptionSpecs } from '../arguments/options.ts';
import type { Invocation } from '../command.ts';

/** The options that pick log lines; each is a term of the filter language under a name of its own. */
export const logFilterOptions: OptionSpecs = {
  service: { type: 'string', short: 's', value: 'name', about: 'Only lines of this service.' },
  level: {
    type: 'string',
    short: 'l',
    value: 'level',
    about: 'This severity or worse: debug, info, warn, error …',
  },
  correlation: { type: 'string', value: 'id', about: 'All lines of one request, across services.' },
  trace: { type: 'string', value: 'trace-id', about: 'All lines of one trace.' },
};

/** One filter that says what the words and options of the call say together; undefined when they say nothing. */
export function composeLogFilter({
  positionals,
  options,
}: Pick<Invocation, 'positionals' | 'options'>): string | undefined {
  const level = readLevel(options.text('level'));
  const written = [positionals[0] ?? '', options.text('q') ?? ''].filter((q) => q.trim() !== '');
  const chosen = [
    ...term('service:', options.text('service')),
    ...term('correlation:', options.text('correlation')),
    ...term('trace:', options.text('trace')),
    ...(level === undefined ? [] : [`severity>=${level.toLowerCase()}`]),
  ];
  for (const q of written) checkFilter(q);
  // Alone it goes as it was written, so that the server tells of its mistakes where they are.
  const [only] = written;
  if (written.length === 1 && chosen.length === 0) return only;
  const terms = [...written.map((q) => `(${q})`), ...chosen];
  return terms.length === 0 ? undefined : terms.join(' AND ');
}

/** Within parentheses of ours its columns would be others, and parentheses of its own could end them. */
function checkFilter(q: string): void {
  const parsed = parseFilter(q);
  if (parsed.ok) return;
  const { message, caret } = parsed.error;
  throw new SightlineError('bad_filter', message, {
    hint: `${caret}\nThe language is described in docs/query-language.md.`,
  });
}

/** A value as a quoted string of the filter language. */
export function quoteValue(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function term(prefix: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`${prefix}${quoteValue(value)}`];
}

/** Words of other logging systems are taken too. */
const otherWords: Readonly<Record<string, Severity>> = {
  WARNING: 'WARN',
  CRITICAL: 'FATAL',
  ERR: 'ERROR',
  INFORMATION: 'INFO',
};

function readLevel(text: string | undefined): Severity | undefined {
  if (text === undefined) return undefined;
  const word = text.toUpperCase();
  const parsed = severity.exclude(['UNSET']).safeParse(otherWords[word] ?? word);
  if (parsed.success) return parsed.data;
  throw badOption(`--level is "${text}", but takes trace, debug, info, warn, error or fatal.`);
}
