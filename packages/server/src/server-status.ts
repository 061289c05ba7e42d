import { statfs } from 'node:fs/promises';
import { formatBytes, formatDurationMs, formatNanos, type UnixNano } from '@sightline/base';
import type { StatusResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { findUnreadable } from './catalog/stored-documents.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { ServerOptions } from './config/options.ts';
import type { DamageKeeper } from './damage-keeper.ts';
import { isLoopback } from './guard/host-name.ts';
import { requiresApiKey } from './http/project-resolver.ts';
import type { Ingest } from './ingest/index.ts';
import type { RetentionKeeper } from './retention-keeper.ts';
import type { TelemetryStore } from './storage/telemetry-store.ts';

export interface StatusSources {
  readonly version: string;
  readonly options: ServerOptions;
  readonly dataDirectory: string;
  readonly catalog: Catalog;
  readonly store: TelemetryStore;
  readonly ingest: Ingest;
  readonly retention: RetentionKeeper;
  readonly damage: Pick<DamageKeeper, 'problems'>;
  readonly startedAt: UnixNano;
  readonly now: UnixNano;
  readonly endpoints: StatusResponse['endpoints'];
  readonly isStopping: boolean;
}

type Problem = StatusResponse['problems'][number];

/** What waits for longer than this is a backlog that users notice. */
const backlogMsMax = 5_000;

/** Reasons of the quarantine that tell of the disk, not of the engine. */
const damageReasons: ReadonlySet<string> = new Set(['damaged', 'unreadable', 'torn']);

/** Below this the journal may soon be unable to acknowledge. */
const freeBytesMin = 1 << 30;

/** What the Status page and `sightline doctor` show: the server about itself, problems first. */
export async function describeServer(sources: StatusSources): Promise<StatusResponse> {
  const { options, store, catalog, ingest, retention, startedAt, now } = sources;
  // A status page that cannot be read while the store is away would be of little use.
  const [tables, freeBytes, unreadable] = await Promise.all([
    store.usage().catch(() => undefined),
    statfs(sources.dataDirectory).then(
      ({ bavail, bsize }) => bavail * bsize,
      () => null,
    ),
    findUnreadable(catalog).catch((error: unknown) => error),
  ]);
  const problems = [
    ...findProblems(sources, freeBytes, tables !== undefined),
    ...sources.damage.problems(),
    ...settingsProblems(unreadable),
  ];
  const running = problems.length === 0 ? 'ready' : 'degraded';
  return {
    version: sources.version,
    state: sources.isStopping ? 'stopping' : running,
    problems,
    startedAt: formatNanos(startedAt),
    uptimeS: Number(now - startedAt) / 1e9,
    node: process.version,
    engine: store.engine,
    controlPlane: { kind: catalog.kind, version: catalog.version },
    endpoints: sources.endpoints,
    backlog: backlogOf(ingest),
    memory: { rssBytes: process.memoryUsage.rss() },
    disk: {
      dataBytes: (tables ?? []).reduce((sum, { bytes }) => sum + bytes, 0) + ingest.ledger().journal.bytes,
      capBytes: retention.policy.capBytes,
      freeBytes,
      tables: [...(tables ?? [])],
    },
    retentionDays: retention.policy.days,
    apiKeyRequired: requiresApiKey(options),
  };
}

function backlogOf(ingest: Ingest): StatusResponse['backlog'] {
  const { oldestPendingMs, bytes } = ingest.ledger().journal;
  return oldestPendingMs === null ? null : { oldestMs: oldestPendingMs, bytes };
}

function findProblems(
  { options, ingest, retention, dataDirectory }: StatusSources,
  freeBytes: number | null,
  storeAnswers: boolean,
): Problem[] {
  const problems: Problem[] = [];
  const add = (code: string, message: string, hint: string): unknown =>
    problems.push({ code, message, hint });
  const { rows, canary, journal } = ingest.ledger();
  const counted = rows.flatMap(({ quarantines }) => quarantines);
  const itemsOf = (isDamage: boolean): number =>
    counted.reduce((sum, { reason, count }) => sum + (damageReasons.has(reason) === isDamage ? count : 0), 0);
  const [refused, lost] = [itemsOf(false), itemsOf(true)];
  if (!storeAnswers || ingest.isStoreAway)
    add(
      'store_unavailable',
      'The telemetry store does not answer.',
      'What is received meanwhile waits in the journal; see the log of the server.',
    );
  if (canary.state === 'failing')
    add(
      'canary_failing',
      `A span that was accepted did not become visible: ${canary.error ?? 'no reason is known'}.`,
      'Look at the ledger: what is pending, and since when.',
    );
  if (journal.oldestPendingMs !== null && journal.oldestPendingMs > backlogMsMax)
    add(
      'backlog',
      `More arrives than is stored: what came in the last ${formatDurationMs(journal.oldestPendingMs)} cannot all be seen yet; ${formatBytes(journal.bytes)} wait.`,
      'Nothing is lost. The oldest and the newest are stored in turn; when the journal is full, senders are slowed down.',
    );
  if (lost > 0)
    add(
      'journal_damaged',
      `${lost} items were accepted, and could not be read from the journal again: the disk, or another program, changed or lost them.`,
      `Check the disk. What is left of them is in ${dataDirectory}/quarantine, with the place of the damage.`,
    );
  if (refused > 0)
    add(
      'quarantined_items',
      `${refused} items were accepted, and then refused by the engine.`,
      `They are kept with the reason in ${dataDirectory}/quarantine. Please report the reason; when it is mended, "sightline resend-quarantine" stores them.`,
    );
  const { diskFailure } = ingest;
  if (diskFailure !== undefined)
    add(
      'journal_stuck',
      diskFailure,
      `Check the disk and the permissions of ${dataDirectory}/journal and ${dataDirectory}/quarantine. Nothing is lost; what waits is tried again every five seconds, and what the quarantine did not take at the next start.`,
    );
  const [unreadable, ...others] = ingest.unreadableReasons;
  if (unreadable !== undefined)
    add(
      'quarantine_unreadable',
      `${unreadable}${others.length === 0 ? '' : ` and ${others.length} more`} cannot be read: the ledger does not count what was set aside there.`,
      'Restore the file from a backup. What is left of the record lies beside it, with the ending .pb; move both away when they are of no use, and start again.',
    );
  if (journal.quarantineBytes > journal.bytesMax / 2)
    add(
      'quarantine_full',
      `The quarantine takes ${formatBytes(journal.quarantineBytes)} of the ${formatBytes(journal.bytesMax)} that it and the journal have together; when they are full, nothing more is accepted.`,
      `Mend the reasons in ${dataDirectory}/quarantine and run "sightline resend-quarantine", or move away what is not wanted.`,
    );
  if (freeBytes !== null && freeBytes < freeBytesMin)
    add(
      'disk_almost_full',
      `Only ${formatBytes(freeBytes)} are free on the disk of the data directory.`,
      'Free space, or set --disk-cap.',
    );
  const { capBytes } = retention.policy;
  if (retention.overCapBytes > 0 && capBytes !== null)
    add(
      'disk_cap_exceeded',
      `The store takes ${formatBytes(capBytes + retention.overCapBytes)}, more than its cap of ${formatBytes(capBytes)}: what came today is never dropped.`,
      'Raise the cap, send less, or sample at the source. After midnight (UTC) that day is the oldest, and goes.',
    );
  if (!isLoopback(options.host) && options.apiKey === undefined)
    add(
      'api_key_required',
      'The server listens beyond loopback and no key is set by option.',
      'Set --api-key or SIGHTLINE_API_KEY.',
    );
  return problems;
}

/** `unreadable`: the names of settings that cannot be read, or why the control plane does not answer. */
function settingsProblems(unreadable: unknown): readonly Problem[] {
  if (Array.isArray(unreadable) && unreadable.length > 0)
    return [
      {
        code: 'stored_settings_unreadable',
        message: `Saved by another version, and cannot be read by this one: ${unreadable.join(', ')}. They are left out.`,
        hint: 'Run the version that saved them, or delete them and save them again.',
      },
    ];
  if (!(unreadable instanceof SightlineError)) return [];
  const { code, message, hint } = unreadable;
  return [{ code, message: `${message} Telemetry is received by the rules that were known last.`, hint }];
}
