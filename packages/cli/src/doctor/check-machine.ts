import { constants } from 'node:fs';
import { access, mkdtemp, rmdir, statfs, writeFile, rm } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { formatBytes } from '@sightline/base';
import type { CheckContext, Finding } from './check.ts';

const nodeMin = [22, 18] as const;
const freeBytesMin = 2 * 2 ** 30;

export function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const good = major > nodeMin[0] || (major === nodeMin[0] && minor >= nodeMin[1]);
  return good
    ? { name: 'node', status: 'ok', message: `Node ${process.version} at ${process.execPath}.` }
    : {
        name: 'node',
        status: 'failed',
        message: `Node ${process.version} is too old.`,
        hint: `Install Node ${nodeMin.join('.')} or newer, or run "npm install" in the checkout, which brings one.`,
      };
}

/** Only asked when no server answers: then the ports it needs should be free. */
export async function checkPorts({ env }: CheckContext): Promise<Finding> {
  const wanted = {
    SIGHTLINE_PORT: env.SIGHTLINE_PORT ?? '4300',
    SIGHTLINE_OTLP_HTTP_PORT: env.SIGHTLINE_OTLP_HTTP_PORT ?? '4318',
    SIGHTLINE_OTLP_GRPC_PORT: env.SIGHTLINE_OTLP_GRPC_PORT ?? '4317',
  };
  const taken: string[] = [];
  for (const port of Object.values(wanted)) if (!(await isPortFree(Number(port)))) taken.push(port);
  const list = Object.values(wanted).join(', ');
  if (taken.length === 0)
    return { name: 'ports', status: 'ok', message: `Ports ${list} are free for a server.` };
  return {
    name: 'ports',
    status: 'warning',
    message: `Port ${taken.join(', ')} is taken by another program.`,
    hint: 'Stop that program ("lsof -i :4300" names it), or start on other ports: --port, --otlp-http-port, --otlp-grpc-port.',
  };
}

/** The directory a server started here would use. */
export async function checkDataDirectory({ env }: CheckContext): Promise<Finding> {
  const directory = path.resolve(env.SIGHTLINE_DATA || './data');
  const existing = await nearestExisting(directory);
  try {
    await tryWriting(existing);
  } catch (error) {
    return {
      name: 'data directory',
      status: 'failed',
      message: `${existing} cannot be written: ${error instanceof Error ? error.message : String(error)}.`,
      hint: `Give this user the right to write there, or choose another directory with --data or SIGHTLINE_DATA.`,
    };
  }
  return {
    name: 'data directory',
    status: 'ok',
    message:
      existing === directory
        ? `${directory} can be written.`
        : `${directory} can be made when a server starts.`,
  };
}

export async function checkDisk({ env }: CheckContext): Promise<Finding> {
  const directory = await nearestExisting(path.resolve(env.SIGHTLINE_DATA || './data'));
  const { bavail, bsize } = await statfs(directory);
  const freeBytes = bavail * bsize;
  return freeBytes >= freeBytesMin
    ? { name: 'disk', status: 'ok', message: `${formatBytes(freeBytes)} free at ${directory}.` }
    : {
        name: 'disk',
        status: 'warning',
        message: `Only ${formatBytes(freeBytes)} free at ${directory}.`,
        hint: 'Make room, or bound the store with --disk-cap (SIGHTLINE_DISK_CAP).',
      };
}

async function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function nearestExisting(directory: string): Promise<string> {
  try {
    await access(directory, constants.F_OK);
    return directory;
  } catch {
    const parent = path.dirname(directory);
    return parent === directory ? directory : nearestExisting(parent);
  }
}

/** Rights alone do not tell: a disk can be full or mounted read-only. */
async function tryWriting(directory: string): Promise<void> {
  const probe = await mkdtemp(path.join(directory, '.sightline-doctor-'));
  try {
    await writeFile(path.join(probe, 'probe'), 'probe');
  } finally {
    await rm(path.join(probe, 'probe'), { force: true });
    await rmdir(probe);
  }
}
