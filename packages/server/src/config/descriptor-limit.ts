import { readFileSync } from 'node:fs';
import { SightlineError } from '@sightline/schema/errors';

/**
 * The server has 130 files open at rest; a merge of large parts opens some hundreds more, and each connection one. Beyond
 * the limit the engine fails in the middle of what it does, and nobody can connect.
 */
const descriptorsMin = 1_024;

/** @throws SightlineError `too_few_descriptors`. `limit` is undefined where the system has none, or does not tell. */
export function requireDescriptors(limit: number | undefined): void {
  if (limit === undefined || limit >= descriptorsMin) return;
  throw new SightlineError(
    'too_few_descriptors',
    `Cannot start: this process may open ${limit} files, and needs ${descriptorsMin} at least.`,
    {
      hint: `Raise the limit with "ulimit -n ${descriptorsMin}" before the start, LimitNOFILE= in a systemd unit, or --ulimit nofile= of a container.`,
    },
  );
}

const connectionsMost = 4_000;

/** Connections for each of the three ports: half of the descriptors stay for files and the engine. */
export function connectionsMaxFor(limit = Infinity): number {
  return Math.min(connectionsMost, Math.floor(limit / 6));
}

/** How many files and sockets this process may have open. Node has raised the soft limit to the hard one by now. */
export function readDescriptorLimit(): number | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const soft = /^Max open files\s+(?<soft>\d+)/m.exec(limits)?.groups?.['soft'];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
