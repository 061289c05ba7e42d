import { type LedgerResponse, ledgerResponse, statusResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { formatBytes, formatCount, formatDurationMs } from '@sightline/base';
import { version } from '../version.ts';
import type { CheckContext, Finding, ServerContext } from './check.ts';

const skewMsMax = 2000;
const freeBytesMin = 2 * 2 ** 30;

/** The first check; the others need what it returns. */
export async function checkServer(
  context: CheckContext,
): Promise<{ finding: Finding; server?: ServerContext }> {
  try {
    const status = await context.client.get('status', {}, statusResponse);
    return { finding: judgeStatus(context.client.url, status), server: { ...context, status } };
  } catch (error) {
    if (!(error instanceof SightlineError)) throw error;
    return { finding: { name: 'server', status: 'failed', message: error.message, hint: error.hint } };
  }
}

function judgeStatus(url: string, status: ServerContext['status']): Finding {
  const [problem] = status.problems;
  if (problem !== undefined)
    return {
      name: 'server',
      status: 'warning',
      message: `${url} says: ${problem.message}`,
      hint: problem.hint,
    };
  if (status.state !== 'ready')
    return {
      name: 'server',
      status: 'warning',
      message: `${url} is ${status.state}.`,
      hint: 'Wait a moment, then run this again.',
    };
  const other = status.version === version ? '' : `, this command is ${version}`;
  return {
    name: 'server',
    status: 'ok',
    message: `${url} is ready: Sightline ${status.version}${other}, ${status.engine.kind} engine, up for ${formatDurationMs(status.uptimeS * 1000)}.`,
  };
}

/** The server stamps what it receives: two clocks that disagree put logs and traces into the wrong order. */
export async function checkClock({ client }: ServerContext): Promise<Finding> {
  const beforeMs = Date.now();
  const response = await client.fetch('/health');
  const afterMs = Date.now();
  await response.arrayBuffer();
  const header = response.headers.get('date');
  const serverMs = header === null ? Number.NaN : Date.parse(header);
  if (Number.isNaN(serverMs))
    return { name: 'clock', status: 'skipped', message: 'The server does not say its time.' };
  // The header has whole seconds only: its time lies between it and a second later.
  const skewMs = Math.max(0, serverMs - afterMs, beforeMs - (serverMs + 1000));
  if (skewMs <= skewMsMax)
    return { name: 'clock', status: 'ok', message: 'This machine and the server agree on the time.' };
  return {
    name: 'clock',
    status: 'warning',
    message: `The clocks differ by ${formatDurationMs(skewMs)}.`,
    hint: 'Let both machines keep their time with NTP (timedatectl set-ntp true).',
  };
}

export function checkServerDisk({ status }: ServerContext): Finding {
  const { dataBytes, freeBytes, capBytes } = status.disk;
  const used = `The store takes ${formatBytes(dataBytes)}`;
  if (freeBytes !== null && freeBytes < freeBytesMin)
    return {
      name: 'server disk',
      status: 'warning',
      message: `${used}, and only ${formatBytes(freeBytes)} are free.`,
      hint: 'Make room on the server, shorten the retention, or set --disk-cap.',
    };
  const cap = capBytes === null ? 'no cap' : `capped at ${formatBytes(capBytes)}`;
  const free = freeBytes === null ? '' : `, ${formatBytes(freeBytes)} free`;
  return { name: 'server disk', status: 'ok', message: `${used} (${cap})${free}.` };
}

export async function checkLedger({ client }: ServerContext): Promise<readonly Finding[]> {
  const { rows, canary, journal } = await client.get('ledger', {}, ledgerResponse);
  const sum = (key: 'stored' | 'pending' | 'rejected' | 'quarantined'): number =>
    rows.reduce((total, row) => total + row[key], 0);
  const reasons = (key: 'rejections' | 'quarantines'): string =>
    rows.flatMap((row) => row[key]).toSorted((a, b) => b.count - a.count)[0]?.reason ?? 'see /api/v1/ledger';
  const counts = `${formatCount(sum('stored'))} stored, ${formatCount(sum('pending'))} pending`;
  return [
    judgeCanary(canary),
    sum('quarantined') > 0
      ? {
          name: 'ledger',
          status: 'failed',
          message: `${formatCount(sum('quarantined'))} items were accepted and then refused by the engine: ${reasons('quarantines')}.`,
          hint: 'They are kept in the quarantine folder of the data directory. Please report the reason; when it is mended: sightline resend-quarantine',
        }
      : sum('rejected') > 0
        ? {
            name: 'ledger',
            status: 'warning',
            message: `${counts}, ${formatCount(sum('rejected'))} refused: ${reasons('rejections')}.`,
            hint: 'Senders were told in partial_success; sightline metrics and the Status page list all reasons.',
          }
        : { name: 'ledger', status: 'ok', message: `${counts}, none refused.` },
    checkJournal(journal),
  ];
}

function checkJournal({ bytes, bytesMax, quarantineBytes, segments }: LedgerResponse['journal']): Finding {
  const setAside = quarantineBytes === 0 ? '' : `, ${formatBytes(quarantineBytes)} in quarantine`;
  const message = `${formatBytes(bytes)} of ${formatBytes(bytesMax)} in ${segments} segments${setAside}.`;
  if (bytes + quarantineBytes <= bytesMax * 0.8) return { name: 'journal', status: 'ok', message };
  const hint =
    quarantineBytes > bytes
      ? 'When both are full, nothing more is accepted. Mend the reasons and run: sightline resend-quarantine'
      : 'More comes in than the engine loads. Send less, or give the server more processors.';
  return { name: 'journal', status: 'warning', message, hint };
}

function judgeCanary({
  state,
  lastVisibleMs,
  error,
}: {
  state: string;
  lastVisibleMs: number | null;
  error: string | null;
}): Finding {
  if (state === 'failing')
    return {
      name: 'canary',
      status: 'failed',
      message: `The server's own probe does not come back: ${error ?? 'no reason given'}.`,
      hint: 'Look at the server’s log. What was acknowledged is safe in the journal.',
    };
  if (state === 'off')
    return { name: 'canary', status: 'skipped', message: 'The canary is off (--canary-interval off).' };
  const speed = lastVisibleMs === null ? '' : `; last visible after ${formatDurationMs(lastVisibleMs)}`;
  return { name: 'canary', status: 'ok', message: `The canary is ${state}${speed}.` };
}
