/** Rules, routes and silences share one form of files: each has a command, which takes its part. */
import { type AlertFilePart, exportRulesResponse, importRulesResponse } from '@sightline/schema/api';
import { chooseAction } from '../arguments/choose-action.ts';
import type { Command, Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { eachFile, tellChanges } from './kept-in-files.ts';
import { readTextFile } from './read-text-file.ts';

type Part = Exclude<AlertFilePart, 'rules'>;
const actions = ['check', 'diff', 'apply', 'export'] as const;

/** The command of a part that has files and nothing else. */
export function commandOfPart(
  part: Part,
  about: Pick<Command, 'summary' | 'details' | 'examples' | 'options'>,
): Command {
  return {
    name: part,
    positionals: '<check|diff|apply|export> [file…]',
    positionalCount: { min: 1, max: 1_000 },
    ...about,
    run: async (invocation) => {
      const [word = '', ...files] = invocation.positionals;
      const action = chooseAction(part, actions, word);
      if (action === 'export') return exportPart(invocation, { part, format: 'sightline' });
      return eachFile(part, [action, files], async (file) => putFile(invocation, { action, file, part }));
    },
  };
}

export async function exportPart(
  { client, output }: Invocation,
  asked: { readonly part: AlertFilePart; readonly format: 'prometheus' | 'sightline' },
): Promise<ExitCode> {
  const { format, text, left } = await client.get('alerts/rules/export', asked, exportRulesResponse);
  if (output.json) output.document({ format, text, left });
  else output.line(text.trimEnd());
  if (left.length > 0) output.note(`Not in the form of Prometheus: ${left.join(', ')}.`);
  return exitCodes.ok;
}

interface PutFile {
  readonly action: 'check' | 'diff' | 'apply';
  readonly file: string;
  /** Undefined: all that the file has. */
  readonly part?: Part;
}

export async function putFile(
  { client, output, options }: Invocation,
  { action, file, part }: PutFile,
): Promise<ExitCode> {
  const text = await readTextFile(file);
  const format = part === undefined && /^groups\s*:/m.test(text) ? 'prometheus' : 'sightline';
  const body = { format, text, part, apply: action === 'apply', prune: options.has('prune') };
  const answer = await client.post('alerts/rules/import', body, importRulesResponse);
  if (output.json) output.document(answer);
  for (const { place, message, caret, hint } of answer.problems) {
    output.note(`${file}, ${place}: ${message}`);
    for (const line of [caret, hint]) if (line !== '') output.note(line);
  }
  if (answer.problems.length > 0) return exitCodes.failure;
  const changes = answer.changes.map((change) => ({
    ...change,
    name: part === undefined && change.part !== 'rules' ? `${change.part}: ${change.name}` : change.name,
  }));
  return tellChanges(output, {
    file,
    action,
    noun: part === undefined ? 'rule' : part.slice(0, -1),
    changes,
  });
}
