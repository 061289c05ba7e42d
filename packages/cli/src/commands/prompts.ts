import { counted, diffLines, foldSame } from '@sightline/base';
import {
  promptContent,
  promptLabelResponse,
  promptResponse,
  promptsResponse,
  promptUsageResponse,
  promptVersion,
} from '@sightline/schema/api';
import { promptText } from '@sightline/schema/prompts';
import { chooseAction } from '../arguments/choose-action.ts';
import { badOption } from '../arguments/options.ts';
import { toQuery } from '../client/api-client.ts';
import type { Command, Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { readTextFile } from './read-text-file.ts';

const actions = ['list', 'get', 'diff', 'save', 'label'] as const;

export const promptsCommand: Command = {
  name: 'prompts',
  summary: 'Prompts with versions and labels: list, get, diff, save, label.',
  positionals: '<list|get|diff|save|label> [name] [version…]',
  positionalCount: { min: 1, max: 4 },
  options: {
    file: {
      type: 'string',
      value: 'file',
      about: 'With save: JSON of the prompt, or text of its message. - is standard input.',
    },
    note: { type: 'string', value: 'text', about: 'With save: what is new.' },
    label: { type: 'string', value: 'label', about: 'With save: a label that the version takes over.' },
  },
  details: 'A version is a number, a label such as production, or latest.',
  examples: [
    {
      line: 'sightline prompts save greet --file greet.json --label staging',
      about: 'a new version, unless the newest says the same',
    },
    {
      line: 'sightline prompts diff greet production latest',
      about: 'what would change; ends with 1 where something would',
    },
    { line: 'sightline prompts label greet 3 production', about: 'version 3 goes into production' },
  ],
  run: async (invocation) => {
    const [word = '', name = ''] = invocation.positionals;
    const action = chooseAction('prompts', actions, word);
    if (action === 'list') return list(invocation);
    if (name === '')
      throw badOption(`prompts ${action} needs the name of a prompt.`, `sightline prompts ${action} greet`);
    if (action === 'get') return get(invocation, name);
    if (action === 'diff') return diff(invocation, name);
    return action === 'save' ? save(invocation, name) : label(invocation, name);
  },
};

async function list({ client, output }: Invocation): Promise<ExitCode> {
  const answer = await client.get('prompts', {}, promptsResponse);
  if (output.json) output.document(answer);
  for (const { name, latestVersion, labels } of output.json ? [] : answer.prompts) {
    const labelled = Object.entries(labels).map(([each, version]) => `${each} v${version}`);
    output.line([name, `v${latestVersion}`, ...labelled].join('  '));
  }
  return answer.prompts.length === 0 ? exitCodes.notFound : exitCodes.ok;
}

async function read({ client }: Invocation, name: string, version: string) {
  return client.get('prompts/version', { name, version }, promptVersion);
}

async function get(invocation: Invocation, name: string): Promise<ExitCode> {
  const { output, client, positionals } = invocation;
  const found = await read(invocation, name, positionals[2] ?? 'latest');
  if (output.json) {
    output.document(found);
    return exitCodes.ok;
  }
  output.line(promptText(found.content));
  const { versions } = await client.get('prompts/usage', { name, from: '-30d' }, promptUsageResponse);
  const used = versions.find(({ version }) => version === String(found.version));
  const { versions: all } = await client.get('prompts/one', { name }, promptResponse);
  output.note(
    `Version ${found.version} of ${all.length}${found.labels.length === 0 ? '' : ` (${found.labels.join(', ')})`}; in 30 days ${used === undefined ? 'not called' : `${counted(used.calls, 'call')}, ${used.costUsd === null ? 'cost unknown' : `$${used.costUsd.toFixed(4)}`}`}.`,
  );
  return exitCodes.ok;
}

async function diff(invocation: Invocation, name: string): Promise<ExitCode> {
  const { output, positionals } = invocation;
  const [, , from = 'production', to = 'latest'] = positionals;
  const [before, after] = await Promise.all([read(invocation, name, from), read(invocation, name, to)]);
  const steps = foldSame(diffLines(promptText(before.content), promptText(after.content)), 3);
  const isSame = steps.every(({ kind }) => kind === 'same' || kind === 'fold');
  if (output.json) output.document({ from: before.version, to: after.version, isSame, steps });
  else if (isSame) output.line(`Version ${before.version} and version ${after.version} say the same.`);
  else
    for (const step of steps)
      output.line(step.kind === 'fold' ? `  … ${step.count} lines` : `${signs[step.kind]} ${step.value}`);
  return isSame ? exitCodes.ok : exitCodes.failure;
}

const signs = { same: ' ', added: '+', removed: '-' } as const;

async function save({ client, output, options }: Invocation, name: string): Promise<ExitCode> {
  const file = options.text('file');
  if (file === undefined)
    throw badOption('prompts save needs --file.', 'sightline prompts save greet --file greet.json');
  const text = await readTextFile(file);
  const newLabel = options.text('label');
  const note = options.text('note');
  const body = {
    name,
    content: contentOf(text),
    ...(note === undefined ? {} : { note }),
    ...(newLabel === undefined ? {} : { labels: [newLabel] }),
  };
  const saved = await client.post('prompts', body, promptVersion);
  if (output.json) output.document(saved);
  else
    output.line(
      saved.isNew === false
        ? `Version ${saved.version} says this already.`
        : `Saved as version ${saved.version}.`,
    );
  return exitCodes.ok;
}

function contentOf(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { messages: [{ role: 'user', content: text.trimEnd() }] };
  }
  const read_ = promptContent.safeParse(value);
  if (!read_.success)
    throw badOption(
      'The file is JSON, but no prompt: it needs "messages", a list of {"role", "content"}.',
      'See docs/prompts.md.',
    );
  return value;
}

async function label({ client, output, positionals }: Invocation, name: string): Promise<ExitCode> {
  const [, , version = '', given = ''] = positionals;
  if (!/^\d+$/.test(version) || given === '')
    throw badOption(
      'prompts label needs a version and a label.',
      'sightline prompts label greet 3 production',
    );
  const answer = await client.put(
    `prompts/label${toQuery({ name, label: given })}`,
    { version: Number(version) },
    promptLabelResponse,
  );
  if (output.json) output.document(answer);
  else output.line(`${name} v${version} is ${given}.`);
  return exitCodes.ok;
}
