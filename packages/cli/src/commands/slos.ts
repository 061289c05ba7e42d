import { exportSlosResponse, importSlosResponse, type Slo, slosResponse } from '@sightline/schema/api';
import { chooseAction } from '../arguments/choose-action.ts';
import type { Command, Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatCount, formatObjective } from '@sightline/base';
import { oneLine } from '../output/format.ts';
import type { Output } from '../output/output.ts';
import type { Column } from '../output/table.ts';
import { eachFile, tellChanges } from './kept-in-files.ts';
import { readTextFile } from './read-text-file.ts';

const actions = ['list', 'check', 'diff', 'apply', 'import', 'export'] as const;
type Action = (typeof actions)[number];

export const slosCommand: Command = {
  name: 'slos',
  summary: 'Service level objectives: list them, keep them in files, import those of OpenSLO and Sloth.',
  positionals: '<list|check|diff|apply|import|export> [file…]',
  positionalCount: { min: 1, max: 1_000 },
  options: {
    prune: { type: 'boolean', about: 'With apply and diff: SLOs that the file has not are deleted.' },
  },
  details:
    'Files are YAML: ours, with a list of SLOs, or those of OpenSLO (openslo/v1) and Sloth (prometheus/v1) as they are.\n' +
    'check and diff change nothing; diff ends with 1 where something would change. import is apply for files of others: it says what it left out.',
  examples: [
    { line: 'sightline slos list', about: 'what is left of each budget, and how fast it is spent' },
    { line: 'sightline slos import sloth.yml', about: 'takes SLOs of Sloth over' },
    { line: 'sightline slos export > slos.yml', about: 'the SLOs of the server, for git' },
    { line: 'sightline slos apply --prune slos.yml', about: 'makes the SLOs what the file says' },
  ],
  run: async (invocation) => {
    const [word = '', ...files] = invocation.positionals;
    const action = chooseAction('slos', actions, word);
    if (action === 'list') return list(invocation);
    if (action === 'export') return exportSlos(invocation);
    return eachFile('slos', [action, files], async (file) => put(invocation, { action, file }));
  },
};

async function list({ client, output }: Invocation): Promise<ExitCode> {
  const response = await client.get('slos', {}, slosResponse);
  if (output.json) output.document(response);
  else if (response.slos.length > 0) output.table(response.slos, columnsOf(output));
  else
    output.note('There is no SLO. Make one on the page SLOs, or from a file: sightline slos apply slos.yml.');
  return response.slos.length > 0 ? exitCodes.ok : exitCodes.notFound;
}

const statusWords = { met: 'met', burning: 'burning', spent: 'spent', no_data: 'no data' } as const;

function columnsOf({ style }: Output): readonly Column<Slo>[] {
  const share = (value: number | null): string => (value === null ? '-' : formatObjective(value));
  const rate = (value: number | null): string =>
    value === null ? '-' : Number(value.toPrecision(3)).toString();
  return [
    { title: 'SLO', text: ({ name }) => oneLine(name), paint: style.accent, flexible: true },
    { title: 'STATE', text: ({ state }) => statusWords[state.status] },
    { title: 'OBJECTIVE', text: ({ objective }) => share(objective), align: 'right' },
    { title: 'GOOD', text: ({ state }) => share(state.share), align: 'right' },
    { title: 'OF', text: ({ state }) => formatCount(Math.round(state.total)), align: 'right' },
    { title: 'BUDGET LEFT', text: ({ state }) => share(state.left), align: 'right' },
    { title: 'BURNS', text: ({ state }) => rate(state.burns[0]?.long ?? null), align: 'right' },
  ];
}

async function exportSlos({ client, output }: Invocation): Promise<ExitCode> {
  const answer = await client.get('slos/export', {}, exportSlosResponse);
  if (output.json) output.document(answer);
  else output.line(answer.text.trimEnd());
  return exitCodes.ok;
}

async function put(
  { client, output, options }: Invocation,
  { action, file }: { readonly action: Action; readonly file: string },
): Promise<ExitCode> {
  const answer = await client.post(
    'slos/import',
    {
      format: 'auto',
      text: await readTextFile(file),
      apply: action === 'apply' || action === 'import',
      prune: options.has('prune'),
    },
    importSlosResponse,
  );
  if (output.json) output.document(answer);
  for (const { place, message, hint } of answer.problems) {
    output.note(`${file}, ${place}: ${message}`);
    if (hint !== '') output.note(hint);
  }
  if (answer.problems.length > 0) return exitCodes.failure;
  for (const note of answer.notes) output.note(note);
  return tellChanges(output, { file, action, noun: 'SLO', changes: answer.changes });
}
