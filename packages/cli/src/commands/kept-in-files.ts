/** Commands whose files say what the server should have (rules, routes, silences, SLOs, dashboards) share this. */
import { badOption } from '../arguments/options.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import type { Output } from '../output/output.ts';

/** Each file by itself; the first that does not end well says how the command ends. Throws `bad_option` without a file. */
export async function eachFile(
  command: string,
  [action, files]: readonly [action: string, files: readonly string[]],
  put: (file: string) => Promise<ExitCode>,
): Promise<ExitCode> {
  if (files.length === 0)
    throw badOption(`${command} ${action} needs a file.`, `sightline ${command} ${action} ${command}.yml`);
  const codes: ExitCode[] = [];
  for (const file of files) codes.push(await put(file));
  return codes.find((code) => code !== exitCodes.ok) ?? exitCodes.ok;
}

interface Change {
  readonly name: string;
  readonly action: 'create' | 'change' | 'same' | 'delete';
  /** Names of the fields that change. */
  readonly fields: readonly string[];
}

interface Put {
  readonly file: string;
  readonly action: string;
  /** The word for one of them, as `rule`. */
  readonly noun: string;
  readonly changes: readonly Change[];
}

const signs = { create: '+', change: '~', delete: '-', same: ' ' } as const;

/** `~ name: its fields that change`. */
export function changeLine({ name, action, fields }: Change): string {
  return `${signs[action]} ${name}${fields.length === 0 ? '' : `: ${fields.join(', ')}`}`;
}

/** Prints what applying a file changed or would change. `diff` ends with 1 where something would. */
export function tellChanges(output: Output, { file, action, noun, changes }: Put): ExitCode {
  const some = changes.filter((change) => change.action !== 'same');
  if (!output.json) {
    if (action === 'check') {
      const count = changes.filter((change) => change.action !== 'delete').length;
      output.line(`${file}: ${count} ${count === 1 ? `${noun} is` : `${noun}s are`} right.`);
    } else {
      for (const change of some) output.line(changeLine(change));
      if (some.length === 0) output.line(`${file}: nothing changes.`);
      else if (action !== 'diff') output.line(`${file}: ${some.length} applied.`);
    }
  }
  return action === 'diff' && some.length > 0 ? exitCodes.failure : exitCodes.ok;
}
