import { SightlineError } from '@sightline/schema/errors';
import type { SqlRunner } from './catalog-database.ts';
import { findPrompt, readVersions, type StoredPrompt, type StoredPromptVersion } from './prompts.ts';

/** `version`: a number, a label, or `latest`. Throws `not_found` with what there is. */
export async function findPromptVersion(
  db: SqlRunner,
  project: string,
  { name, version }: { readonly name: string; readonly version: string | number },
): Promise<{ readonly prompt: StoredPrompt; readonly found: StoredPromptVersion }> {
  const prompt = await findPrompt(db, { project, name });
  if (prompt === undefined)
    throw new SightlineError('not_found', `There is no prompt ${JSON.stringify(name)}.`, {
      hint: 'The prompts are listed at /api/v1/prompts.',
    });
  const number = version === 'latest' ? prompt.latestVersion : (prompt.labels[version] ?? Number(version));
  const [found] =
    Number.isSafeInteger(number) && number < 2 ** 31 ? await readVersions(db, prompt.id, [number]) : [];
  if (found === undefined)
    throw new SightlineError(
      'not_found',
      `${JSON.stringify(name)} has no version or label ${JSON.stringify(version)}.`,
      {
        hint: `Its newest version is ${prompt.latestVersion}; its labels: ${Object.keys(prompt.labels).join(', ') || 'none'}.`,
      },
    );
  return { prompt, found };
}

export function labelsOf(prompt: StoredPrompt, version: number): string[] {
  return [
    ...Object.entries(prompt.labels)
      .filter(([, labelled]) => labelled === version)
      .map(([label]) => label),
    ...(version === prompt.latestVersion ? ['latest'] : []),
  ];
}
