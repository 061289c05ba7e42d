import { formatNanos, nanosFromMs } from '@sightline/base';
import type { Check, StatusPage } from '@sightline/schema/api';
import type { SqlRunner } from '../catalog/catalog-database.ts';
import { type CheckSpell, listChecks, listCheckSpells, type StoredCheck } from '../catalog/checks.ts';
import { uptimeOf } from './uptime.ts';

export const timeOf = (date: Date): string => formatNanos(nanosFromMs(date.getTime()));
const maybeTime = (date: Date | null): string | null => (date === null ? null : timeOf(date));

/** Checks as the API tells them, with how they stand now: where nobody looked for long, that is unknown. */
export async function describeChecks(db: SqlRunner, checks: readonly StoredCheck[]): Promise<Check[]> {
  const { now, spells } = await listCheckSpells(db, checks);
  return checks.map((check) => describe(check, spells.get(check.id) ?? [], now));
}

function describe(check: StoredCheck, spells: readonly CheckSpell[], now: Date): Check {
  const { name, target, intervalS, timeoutMs, retries, enabled, onStatusPage, id } = check;
  const [current] = spells;
  return {
    name,
    target,
    intervalS,
    timeoutMs,
    retries,
    enabled,
    onStatusPage,
    id,
    status: enabled ? (current?.status ?? 'unknown') : 'unknown',
    since: maybeTime(current?.from ?? null),
    lastAt: maybeTime(check.lastAt),
    lastMs: check.lastMs,
    lastReason: check.lastReason,
    certificateDays: check.certificateDays,
    uptime: uptimeOf(spells, now),
    createdAt: timeOf(check.createdAt),
    updatedAt: timeOf(check.updatedAt),
  };
}

/** How the checks that are shown stand, without what they look at. */
export async function describeStatusPage(db: SqlRunner, project: string): Promise<StatusPage> {
  const stored = await listChecks(db, project);
  const shown = stored.filter(({ enabled, onStatusPage }) => enabled && onStatusPage);
  const checks = await describeChecks(db, shown);
  const any = (status: Check['status']): boolean => checks.some((check) => check.status === status);
  const [row] = await db.query<{ name: string; now: Date }>(
    'SELECT name, now() AS now FROM projects WHERE id = $1',
    [project],
  );
  return {
    title: row?.name ?? project,
    status: any('down') ? 'down' : any('unknown') || checks.length === 0 ? 'unknown' : 'up',
    at: timeOf(row?.now ?? new Date(0)),
    checks: checks.map(({ name, status, since, uptime }) => ({ name, status, since, uptime })),
  };
}
