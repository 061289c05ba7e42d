/** Files of JSON that hold one document or a list of them, each known by its name: dashboards and schedules of reports. */
import { z } from 'zod';
import { badOption } from '../arguments/options.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import type { Output } from '../output/output.ts';
import { changeLine } from './kept-in-files.ts';
import { readTextFile } from './read-text-file.ts';

interface Kind<T extends z.ZodType> {
  readonly schema: T;
  /** The word for one of them, as `dashboard`. */
  readonly noun: string;
  /** Says which command writes such a file. */
  readonly hint: string;
}

/** A file as JSON. Throws `bad_option`. */
export async function readJsonFile(file: string, hint: string): Promise<unknown> {
  const text = await readTextFile(file);
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw badOption(`"${file}" is no JSON: ${error instanceof Error ? error.message : String(error)}.`, hint);
  }
}

/** Throws `bad_option` where what a file holds is neither one nor a list of them. */
export function readDocuments<T extends z.ZodType>(
  { file, given }: { readonly file: string; readonly given: unknown },
  { schema, noun, hint }: Kind<T>,
): z.output<T>[] {
  const read = z.array(schema).safeParse(Array.isArray(given) ? given : [given]);
  if (read.success) return read.data;
  const issues = read.error.issues.map((issue) =>
    Array.isArray(given) ? issue : { ...issue, path: issue.path.slice(1) },
  );
  throw badOption(`"${file}" is no ${noun}: ${z.prettifyError({ issues })}`, hint);
}

/** Throws `bad_option`: the second would take the place of the first. */
export function refuseSameNames(wanted: readonly { readonly name: string }[], noun: string): void {
  const seen = new Set<string>();
  for (const { name } of wanted) {
    if (seen.has(name))
      throw badOption(`Two ${noun}s are called "${name}".`, 'Give one of them another name.');
    seen.add(name);
  }
}

export interface DocumentChange {
  readonly name: string;
  readonly action: 'create' | 'change' | 'same' | 'delete';
  /** Names of the parts that change. */
  readonly parts: readonly string[];
}

/** Prints what applying changed or would change. `diff` ends with 1 where something would. */
export function tellDocumentChanges(
  output: Output,
  action: 'apply' | 'diff',
  changes: readonly DocumentChange[],
): ExitCode {
  const some = changes.filter((change) => change.action !== 'same');
  if (output.json) output.document({ changes });
  else {
    for (const { parts, ...change } of some) output.line(changeLine({ ...change, fields: parts }));
    output.line(
      some.length === 0
        ? 'Nothing changes.'
        : action === 'apply'
          ? `${some.length} applied.`
          : `${some.length} would change.`,
    );
  }
  return action === 'diff' && some.length > 0 ? exitCodes.failure : exitCodes.ok;
}

/** Names of the fields in which two documents differ. */
export function changedFields(before: object, after: object): string[] {
  const old = new Map<string, unknown>(Object.entries(before));
  const now = new Map<string, unknown>(Object.entries(after));
  return [...new Set([...old.keys(), ...now.keys()])].filter((key) => !isSame(old.get(key), now.get(key)));
}

/** The order of keys says nothing. */
export function isSame(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
