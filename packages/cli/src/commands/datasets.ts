import { inPieces } from '@sightline/base';
import {
  addFromTracesResponse,
  addItemsResponse,
  type AddItemsResponse,
  dataset,
  datasetBatchMax,
  datasetDetail,
  datasetItemsResponse,
  datasetRequestBytesMax,
  datasetsResponse,
  rowFormats,
} from '@sightline/schema/api';
import { readItemsFile } from '@sightline/schema/datasets';
import { SightlineError } from '@sightline/schema/errors';
import { chooseAction } from '../arguments/choose-action.ts';
import { badOption } from '../arguments/options.ts';
import type { Command, Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { readTextFile } from './read-text-file.ts';

const actions = ['list', 'show', 'import', 'export', 'add', 'split'] as const;

export const datasetsCommand: Command = {
  name: 'datasets',
  summary: 'Datasets: list, show, import, export, add, split.',
  positionals: '<list|show|import|export|add|split> [name] [file or trace ids…]',
  positionalCount: { min: 1, max: 200 },
  options: {
    version: { type: 'string', value: 'number', about: 'With show and export: the items as they were then.' },
    split: {
      type: 'string',
      value: 'name',
      about: 'Only items of this split; with import and add: into this split.',
    },
    format: {
      type: 'string',
      value: rowFormats.join('|'),
      about: 'With export; markdown is a table to be read. With import it is guessed.',
      initial: 'jsonl',
    },
    note: { type: 'string', value: 'text', about: 'With import and add: what changed.' },
    'keep-duplicates': {
      type: 'boolean',
      about: 'With import and add: also what has an input that is there already.',
    },
  },
  details:
    'Files are CSV with the columns input and expected, or JSON lines such as {"input": …, "expected": …}; - is standard input. A dataset that is not\n' +
    'there is made. A file is one version, however long it is.',
  examples: [
    {
      line: 'sightline datasets import capitals capitals.csv',
      about: 'adds a file, and leaves out what is there already',
    },
    {
      line: 'sightline datasets add failures 5b8efff798038103d269b633813fc60c',
      about: 'a run with its question and answer',
    },
    { line: 'sightline datasets split capitals train=8 test=2', about: 'by a hash of the input' },
    { line: 'sightline datasets export capitals --format csv > capitals.csv', about: 'as import takes it' },
  ],
  run: async (invocation) => {
    const [word = '', name = '', ...rest] = invocation.positionals;
    const action = chooseAction('datasets', actions, word);
    if (action === 'list') return list(invocation);
    if (name === '')
      throw badOption(
        `datasets ${action} needs the name of a dataset.`,
        `sightline datasets ${action} capitals`,
      );
    const path = `datasets/${encodeURIComponent(name)}`;
    if (action === 'show') return show(invocation, path);
    if (action === 'export') return exportItems(invocation, path);
    if (action === 'split') return split(invocation, { path, given: rest });
    if (rest.length === 0)
      throw badOption(`datasets ${action} needs ${action === 'add' ? 'trace ids' : 'a file'}.`);
    return action === 'add'
      ? addTraces(invocation, { name, path, ids: rest })
      : importFiles(invocation, { name, path, files: rest });
  },
};

async function list({ client, output }: Invocation): Promise<ExitCode> {
  const answer = await client.get('datasets', {}, datasetsResponse);
  if (output.json) output.document(answer);
  else
    for (const { name, itemCount, version } of answer.datasets)
      output.line(`${name}  ${itemCount} items  v${version}`);
  return answer.datasets.length === 0 ? exitCodes.notFound : exitCodes.ok;
}

async function show({ client, output, options }: Invocation, path: string): Promise<ExitCode> {
  const detail = await client.get(path, {}, datasetDetail);
  const page = await client.get(
    `${path}/items`,
    { limit: 20, version: options.text('version'), split: options.text('split') },
    datasetItemsResponse,
  );
  if (output.json) {
    output.document({ ...detail, items: page.items });
    return exitCodes.ok;
  }
  output.line(`${detail.name}  ${detail.itemCount} items  v${detail.version}`);
  for (const { id, input, expected } of page.items)
    output.line(`${id}  ${textOf(input)}${expected === null ? '' : `  →  ${textOf(expected)}`}`);
  if (page.nextCursor !== null) output.note('There are more; export has all of them.');
  if (detail.duplicateItems > 0)
    output.note(`${detail.duplicateItems} items have an input that another has, too.`);
  return exitCodes.ok;
}

const textOf = (value: unknown): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/\s+/g, ' ').slice(0, 80);

async function exportItems({ client, options, output, signal }: Invocation, path: string): Promise<ExitCode> {
  const query = new URLSearchParams({ format: options.choice('format', rowFormats) ?? 'jsonl' });
  for (const name of ['version', 'split'] as const) {
    const value = options.text(name);
    if (value !== undefined) query.set(name, value);
  }
  const response = await client.fetch(`/api/v1/${path}/export?${query.toString()}`);
  await client.check(response);
  for await (const chunk of response.body ?? []) {
    if (signal.aborted) break;
    await output.bytes(chunk as Uint8Array);
  }
  return exitCodes.ok;
}

async function importFiles(
  invocation: Invocation,
  { name, path, files }: { readonly name: string; readonly path: string; readonly files: readonly string[] },
): Promise<ExitCode> {
  const { output, options, signal } = invocation;
  for (const file of files) {
    const text = await readTextFile(file);
    const into = options.text('split');
    const items = readItemsFile(text, file.endsWith('.csv') ? 'csv' : 'auto').map((item) =>
      into === undefined ? item : { ...item, split: into },
    );
    await ensureDataset(invocation, name);
    let sum: AddItemsResponse | undefined;
    let sent = 0;
    for (const piece of inPieces(items, { itemsMax: datasetBatchMax, bytesMax: datasetRequestBytesMax })) {
      if (signal.aborted) break;
      output.status(`${sent} of ${items.length} items`);
      sent += piece.length;
      const answer: AddItemsResponse = await invocation.client.post(
        `${path}/items`,
        {
          items: piece,
          duplicates: options.has('keep-duplicates') ? 'keep' : 'skip',
          note: options.text('note') ?? file.slice(-200),
          ...(sum !== undefined && sum.added + sum.changed > 0 ? { intoVersion: sum.version } : {}),
        },
        addItemsResponse,
      );
      sum = sum === undefined ? answer : addUp(sum, answer);
    }
    output.status('');
    if (sum === undefined) output.note(`${file} has no items.`);
    else printAdded(output, sum);
  }
  return exitCodes.ok;
}

function addUp(sum: AddItemsResponse, next: AddItemsResponse): AddItemsResponse {
  return {
    version: next.version,
    itemCount: next.itemCount,
    added: sum.added + next.added,
    changed: sum.changed + next.changed,
    unchanged: sum.unchanged + next.unchanged,
    duplicates: sum.duplicates + next.duplicates,
  };
}

async function addTraces(
  invocation: Invocation,
  { name, path, ids }: { readonly name: string; readonly path: string; readonly ids: readonly string[] },
): Promise<ExitCode> {
  const { client, output, options } = invocation;
  const note = options.text('note');
  await ensureDataset(invocation, name);
  const answer = await client.post(
    `${path}/items/from-traces`,
    {
      from: ids.map((traceId) => ({ traceId })),
      duplicates: options.has('keep-duplicates') ? 'keep' : 'skip',
      split: options.text('split') ?? '',
      ...(note === undefined ? {} : { note }),
    },
    addFromTracesResponse,
  );
  printAdded(output, answer);
  for (const { traceId, reason } of answer.failed) output.note(`${traceId}: ${reason}`);
  return answer.failed.length > 0 ? exitCodes.failure : exitCodes.ok;
}

function printAdded(output: Invocation['output'], answer: AddItemsResponse): void {
  if (output.json) {
    output.document(answer);
    return;
  }
  const { added, changed, unchanged, duplicates, version, itemCount } = answer;
  output.line(
    `${added} added, ${changed} changed, ${unchanged} as before, ${duplicates} duplicates left out: version ${version} with ${itemCount} items.`,
  );
}

async function ensureDataset({ client }: Invocation, name: string): Promise<void> {
  const { datasets } = await client.get('datasets', {}, datasetsResponse);
  if (!datasets.some((each) => each.name === name)) await client.post('datasets', { name }, dataset);
}

async function split(
  { client, output }: Invocation,
  { path, given }: { readonly path: string; readonly given: readonly string[] },
): Promise<ExitCode> {
  const shares = Object.fromEntries(
    given.map((each) => {
      const [, name = '', weight = ''] = /^([^=]+)=(\d+(?:\.\d+)?)$/.exec(each) ?? [];
      if (name === '')
        throw new SightlineError('bad_option', `"${each}" is no split with its weight.`, {
          hint: 'Such as train=8 test=2.',
        });
      return [name, Number(weight)];
    }),
  );
  const answer = await client.post(`${path}/split`, { shares }, datasetDetail);
  if (output.json) output.document(answer);
  else
    for (const { split: name, items } of answer.splits)
      output.line(`${name === '' ? '(none)' : name}  ${items} items`);
  return exitCodes.ok;
}
