import {
  newPromptVersion,
  promptLabel,
  promptLabelRequest,
  promptLabelResponse,
  promptName,
  promptResponse,
  type PromptSummary,
  promptsResponse,
  promptUsageParameters,
  promptUsageResponse,
  type PromptVersion,
  promptVersion,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { variablesOf } from '@sightline/schema/prompts';
import { z } from 'zod';
import {
  deletePrompt,
  findPrompt,
  labelPrompt,
  listPrompts,
  listPromptVersions,
  promptsMax,
  promptVersionsMax,
  savePromptVersion,
  type StoredPrompt,
  type StoredPromptVersion,
  unlabelPrompt,
} from '../../catalog/prompts.ts';
import { timeOf } from '../../checks/describe-checks.ts';
import { findPromptVersion, labelsOf } from '../../catalog/find-prompt-version.ts';
import { readPromptUsage } from '../../query/read-prompt-usage.ts';
import { type ApiRoute, type ApiSources, route } from './route-table.ts';

/** Names may have slashes, so they are parameters and no part of the path. */
const nameParameter = z.object({ name: promptName });
const labelParameters = nameParameter.extend({ label: promptLabel });
const versionParameters = nameParameter.extend({
  version: z
    .string()
    .regex(/^[0-9]{1,9}$|^[a-z][a-z0-9._-]{0,63}$/, 'a number, a label, or latest')
    .default('latest')
    .describe('A number, a label such as `production`, or `latest`.'),
});

/** Prompts with versions and labels. */
export const promptsRoutes: readonly ApiRoute[] = [
  route({
    path: '/prompts',
    summary: 'The prompts of the project.',
    tag: 'prompts',
    scope: 'read',
    response: promptsResponse,
    answer: async ({ context, sources: { catalog } }) => ({
      prompts: (await listPrompts(catalog, context.project)).map(summarise),
    }),
  }),
  route({
    method: 'POST',
    path: '/prompts',
    summary:
      'Saves a version of a prompt, the first one makes the prompt. What the newest says already makes no new one.',
    tag: 'prompts',
    scope: 'write',
    body: newPromptVersion,
    response: promptVersion,
    answer: async ({ context, sources: { catalog }, body }) => {
      const outcome = await savePromptVersion(catalog, context.project, body);
      if ('full' in outcome)
        throw new SightlineError('bad_request', fullWords[outcome.full], {
          hint: 'Delete what nobody uses.',
        });
      const prompt = await get({ catalog }, context.project, body.name);
      return { ...describeVersion(prompt, outcome.saved), isNew: outcome.isNew };
    },
  }),
  route({
    path: '/prompts/one',
    summary: 'One prompt with its labels and its versions.',
    tag: 'prompts',
    scope: 'read',
    query: nameParameter,
    response: promptResponse,
    answer: async ({ context, sources, query }) => {
      const prompt = await get(sources, context.project, query.name);
      const versions = await listPromptVersions(sources.catalog, prompt.id);
      return {
        ...summarise(prompt),
        versions: versions.map((each) => ({
          ...each,
          labels: labelsOf(prompt, each.version),
          createdAt: timeOf(each.createdAt),
        })),
      };
    },
  }),
  route({
    method: 'DELETE',
    path: '/prompts/one',
    summary: 'Deletes a prompt with all its versions. Programs that ask for it go on with their fallback.',
    tag: 'prompts',
    scope: 'write',
    query: nameParameter,
    response: z.object({ deleted: z.string() }),
    answer: async ({ context: { project }, sources, query: { name } }) => {
      if (!(await deletePrompt(sources.catalog, { project, name }))) throw notFound(name);
      return { deleted: name };
    },
  }),
  route({
    path: '/prompts/version',
    summary: 'One version of a prompt, by number or label. This is what the SDK asks for.',
    tag: 'prompts',
    scope: 'read',
    query: versionParameters,
    response: promptVersion,
    answer: async ({ context, sources, query }) => {
      const { prompt, found } = await findPromptVersion(sources.catalog, context.project, query);
      return describeVersion(prompt, found);
    },
  }),
  route({
    method: 'PUT',
    path: '/prompts/label',
    summary: 'Puts a label such as `production` on a version; it leaves the one that had it.',
    tag: 'prompts',
    scope: 'write',
    query: labelParameters,
    body: promptLabelRequest,
    response: promptLabelResponse,
    answer: async ({ context, sources, query: { name, label }, body: { version } }) => {
      const prompt = await get(sources, context.project, name);
      if (!(await labelPrompt(sources.catalog, { id: prompt.id, version }, label)))
        throw new SightlineError(
          'bad_request',
          `${JSON.stringify(name)} cannot have that label on version ${version}.`,
          {
            hint: `Its newest version is ${prompt.latestVersion}, and a prompt has at most 50 labels.`,
          },
        );
      return { labels: { ...(await get(sources, context.project, name)).labels } };
    },
  }),
  route({
    method: 'DELETE',
    path: '/prompts/label',
    summary: 'Takes a label away.',
    tag: 'prompts',
    scope: 'write',
    query: labelParameters,
    response: promptLabelResponse,
    answer: async ({ context, sources, query: { name, label } }) => {
      const prompt = await get(sources, context.project, name);
      if (!(await unlabelPrompt(sources.catalog, prompt, label)))
        throw new SightlineError(
          'not_found',
          `No version of ${JSON.stringify(name)} has the label ${JSON.stringify(label)}.`,
          {
            hint: `Its labels: ${Object.keys(prompt.labels).join(', ') || 'none'}.`,
          },
        );
      return { labels: { ...(await get(sources, context.project, name)).labels } };
    },
  }),
  route({
    path: '/prompts/usage',
    summary: 'Calls, latency, cost and scores of a prompt by version.',
    tag: 'prompts',
    scope: 'read',
    query: promptUsageParameters.extend(nameParameter.shape),
    response: promptUsageResponse,
    answer: ({ context, query }) => readPromptUsage(context, query),
  }),
];

const fullWords = {
  prompts: `There are ${promptsMax} prompts already.`,
  versions: `The prompt has ${promptVersionsMax} versions already.`,
  labels: 'A prompt has at most 50 labels.',
} as const;

async function get(
  { catalog }: Pick<ApiSources, 'catalog'>,
  project: string,
  name: string,
): Promise<StoredPrompt> {
  const found = await findPrompt(catalog, { project, name });
  if (found === undefined) throw notFound(name);
  return found;
}

function summarise({ name, description, latestVersion, labels, updatedAt }: StoredPrompt): PromptSummary {
  return { name, description, latestVersion, labels: { ...labels }, updatedAt: timeOf(updatedAt) };
}

function describeVersion(prompt: StoredPrompt, stored: StoredPromptVersion): PromptVersion {
  const { version, content, note, who, createdAt } = stored;
  return {
    name: prompt.name,
    version,
    content,
    variables: variablesOf(content.messages),
    labels: labelsOf(prompt, version),
    note,
    who,
    createdAt: timeOf(createdAt),
  };
}

function notFound(name: string): SightlineError {
  return new SightlineError('not_found', `There is no prompt ${JSON.stringify(name)}.`, {
    hint: 'The prompts are listed at /api/v1/prompts.',
  });
}
