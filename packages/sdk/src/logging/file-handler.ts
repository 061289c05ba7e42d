import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { pino } from 'pino';
import { sayOnce } from '../core/diagnostics.ts';
import type { LogHandler } from '../config/log-handler.ts';
import type { LogLevel } from '../config/levels.ts';

export interface FileHandlerOptions {
  readonly path: string;
  /** Rotated before it would pass this. Default 20 MiB. */
  readonly bytesMax?: number;
  /** Rotated when it is this old. Default 24 hours. */
  readonly ageMsMax?: number;
  /** Rotated files kept: `path.1` is the newest. Default 5. */
  readonly keep?: number;
  readonly level?: LogLevel;
  readonly nowMs?: () => number;
}

/**
 * JSON log lines in a file with rotation by size and age, written through pino's own buffered destination. A full disk or a
 * missing permission is said once; logging goes on with the other handlers.
 *
 * @example
 * init({ logHandlers: [fileHandler({ path: 'logs/app.jsonl', bytesMax: 5_000_000, keep: 3 })] });
 */
export function fileHandler(options: FileHandlerOptions): LogHandler {
  const { path } = options;
  const bytesMax = options.bytesMax ?? 20 * 1024 * 1024;
  const ageMsMax = options.ageMsMax ?? 24 * 3600 * 1000;
  const keep = options.keep ?? 5;
  const nowMs = options.nowMs ?? Date.now;
  const fail = (error: unknown) =>
    sayOnce(`file-handler:${path}`, `The log file ${path} cannot be written: ${String(error)}`);

  mkdirSync(dirname(path), { recursive: true });
  const known = statSync(path, { throwIfNoEntry: false });
  let bytes = known?.size ?? 0;
  let bornMs = known === undefined || known.size === 0 ? nowMs() : known.birthtimeMs;
  // Lines wait for 8 KiB or half a second: a write per line would cost more than the line itself.
  const destination = pino.destination({ dest: path, sync: true, minLength: 8192, periodicFlush: 500 });
  destination.on('error', fail);

  function rotate(): void {
    destination.flushSync();
    rmSync(`${path}.${keep}`, { force: true });
    for (let index = keep - 1; index >= 1; index--)
      renameIfPresent(`${path}.${index}`, `${path}.${index + 1}`);
    if (keep > 0) renameIfPresent(path, `${path}.1`);
    else rmSync(path, { force: true });
    destination.reopen();
    bytes = 0;
    bornMs = nowMs();
  }

  return {
    ...(options.level === undefined ? {} : { level: options.level }),
    write: (line) => {
      try {
        const size = Buffer.byteLength(line);
        if (bytes > 0 && (bytes + size > bytesMax || nowMs() - bornMs >= ageMsMax)) rotate();
        bytes += size;
        destination.write(line);
      } catch (error) {
        fail(error);
      }
    },
    flush: () => {
      try {
        destination.flushSync();
      } catch (error) {
        fail(error);
      }
    },
    close: () => destination.end(),
  };
}

function renameIfPresent(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
