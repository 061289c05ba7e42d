import type { ImportSlosRequest, ImportSlosResponse, SloInput } from '@sightline/schema/api';
import { sloInput } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { stringify } from 'yaml';
import type { SqlRunner } from '../../../catalog/catalog-database.ts';
import { listSlos } from '../../../catalog/slos.ts';
import type { QueryContext } from '../../../query/reader.ts';
import { addSlo, removeSlo, replaceSlo } from '../change-slo.ts';
import { assertSloCounts } from '../check-slo.ts';
import { readSloFile } from './read-slo-file.ts';
import type { SloProblem } from './slo-documents.ts';

type Change = ImportSlosResponse['changes'][number];

/**
 * Makes the SLOs of the project what the file says, by their names. In a transaction of the caller: all of the file or nothing. A file with a problem changes
 * nothing.
 */
export async function importSlos(
  context: QueryContext & { readonly catalog: SqlRunner },
  { format: asked, text, apply, prune }: ImportSlosRequest,
): Promise<ImportSlosResponse> {
  const { catalog, project } = context;
  const { format, slos, notes, ...file } = readSloFile(asked, text);
  const problems: SloProblem[] = [...file.problems];
  for (const slo of slos)
    await assertSloCounts(context, slo).catch((error: unknown) => problems.push(problemOf(slo.name, error)));
  const stored = new Map((await listSlos(catalog, project)).map((each) => [each.slo.name, each]));
  const changes = slos.map((slo): Change => {
    const known = stored.get(slo.name);
    const fields = known === undefined ? [] : changedFields(known.slo, slo);
    return {
      name: slo.name,
      action: known === undefined ? 'create' : fields.length === 0 ? 'same' : 'change',
      fields,
    };
  });
  if (prune)
    for (const name of stored.keys())
      if (!slos.some((slo) => slo.name === name)) changes.push({ name, action: 'delete', fields: [] });
  const answer = { format, changes, notes: [...notes] };
  if (problems.length > 0 || !apply) return { ...answer, problems, applied: false };
  for (const { name, action } of changes) {
    const known = stored.get(name);
    const slo = slos.find((each) => each.name === name);
    if (action === 'create' && slo !== undefined) await addSlo(catalog, project, slo);
    if (action === 'change' && slo !== undefined && known !== undefined)
      await replaceSlo(catalog, known, slo);
    if (action === 'delete' && known !== undefined) await removeSlo(catalog, known);
  }
  return { ...answer, problems: [], applied: true };
}

/** A file that import reads to the same SLOs. */
export function exportSlos(slos: readonly SloInput[]): string {
  return stringify({ slos: slos.map(withoutDefaults) }, { lineWidth: 0 });
}

function withoutDefaults(slo: SloInput): Record<string, unknown> {
  const { name, objective, indicator } = slo;
  const plain = sloInput.parse({ name, objective, indicator });
  const names = Object.keys(slo) as (keyof SloInput)[];
  return Object.fromEntries(
    names
      .filter(
        (each) =>
          ['name', 'objective', 'indicator'].includes(each) ||
          JSON.stringify(slo[each]) !== JSON.stringify(plain[each]),
      )
      .map((each) => [each, slo[each]]),
  );
}

function changedFields(before: SloInput, after: SloInput): string[] {
  const names = Object.keys(after) as (keyof SloInput)[];
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

function problemOf(place: string, error: unknown): SloProblem {
  return {
    place,
    message: error instanceof Error ? error.message : String(error),
    hint: error instanceof SightlineError ? error.hint : '',
  };
}
