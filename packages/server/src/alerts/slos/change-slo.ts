/** Makes, changes and deletes SLOs, and with them the rules of their burn rates. In a transaction of the caller. */
import type { SloInput } from '@sightline/schema/api';
import type { SqlRunner } from '../../catalog/catalog-database.ts';
import { changeSlo, createSlo, deleteSlo, listSlos, slosMax, type StoredSlo } from '../../catalog/slos.ts';
import { badSlo } from './check-slo.ts';
import { dropSloRules, syncSloRules } from './slo-rules.ts';

/** Throws `bad_slo` where the name is taken or there are too many, `bad_rule` where the name of a rule is. */
export async function addSlo(tx: SqlRunner, project: string, slo: SloInput): Promise<StoredSlo> {
  if ((await listSlos(tx, project)).length >= slosMax)
    throw badSlo(`There are ${slosMax} SLOs already.`, 'Delete one first.');
  const made = await createSlo(tx, project, slo);
  if (made === undefined) throw nameTaken(slo.name);
  return { ...made, rules: await syncSloRules(tx, made) };
}

/** What was counted stays where the same is counted as before. */
export async function replaceSlo(tx: SqlRunner, before: StoredSlo, slo: SloInput): Promise<StoredSlo> {
  const { project, id } = before;
  const others = await listSlos(tx, project);
  if (others.some((each) => each.id !== id && each.slo.name === slo.name)) throw nameTaken(slo.name);
  const isRecounted = JSON.stringify(before.slo.indicator) !== JSON.stringify(slo.indicator);
  const changed = await changeSlo(tx, { project, id }, { slo, isRecounted });
  if (changed === undefined) throw badSlo(`The SLO "${before.slo.name}" is gone.`, 'Make it anew.');
  return { ...changed, rules: await syncSloRules(tx, changed) };
}

export async function removeSlo(tx: SqlRunner, stored: StoredSlo): Promise<void> {
  await dropSloRules(tx, stored);
  await deleteSlo(tx, stored);
}

function nameTaken(name: string): Error {
  return badSlo(`There is an SLO "${name}" already.`, 'Choose another name.');
}
