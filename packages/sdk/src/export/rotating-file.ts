/** An append-only file that is renamed to `path.1`, `path.2`, … when it is too big or too old; the oldest is deleted. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface RotatingFileOptions {
  readonly path: string;
  readonly bytesMax: number;
  readonly ageMsMax: number;
  /** Closed files kept beside the current one. */
  readonly keep: number;
  readonly nowMs?: () => number;
}

export class RotatingFile {
  readonly #options: RotatingFileOptions;
  readonly #nowMs: () => number;
  #file: FileHandle | undefined;
  #bytes = 0;
  #bornMs = 0;
  #tail: Promise<void> = Promise.resolve();

  constructor(options: RotatingFileOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
  }

  /** Appends the bytes as one piece, never split over two files. Calls run one after the other. */
  append(bytes: Uint8Array): Promise<void> {
    const turn = this.#tail.then(() => this.#append(bytes));
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  /** Appends synchronously, in a process that exits; rotation is left to the next one. */
  appendNow(bytes: Uint8Array): void {
    mkdirSync(dirname(this.#options.path), { recursive: true });
    appendFileSync(this.#options.path, bytes);
  }

  async close(): Promise<void> {
    await this.#tail;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const file = await this.#ensureFile();
    const full = this.#bytes > 0 && this.#bytes + bytes.byteLength > this.#options.bytesMax;
    const old = this.#bytes > 0 && this.#nowMs() - this.#bornMs >= this.#options.ageMsMax;
    await (full || old ? await this.#rotate() : file).appendFile(bytes);
    this.#bytes += bytes.byteLength;
  }

  async #ensureFile(): Promise<FileHandle> {
    if (this.#file !== undefined) return this.#file;
    await mkdir(dirname(this.#options.path), { recursive: true });
    this.#file = await open(this.#options.path, 'a');
    const { size, birthtimeMs } = await stat(this.#options.path);
    this.#bytes = size;
    this.#bornMs = size > 0 ? birthtimeMs : this.#nowMs();
    return this.#file;
  }

  async #rotate(): Promise<FileHandle> {
    const { path, keep } = this.#options;
    await this.#file?.close();
    this.#file = undefined;
    await rm(keep > 0 ? `${path}.${keep}` : path, { force: true });
    for (let index = keep - 1; index >= 0; index--) {
      await rename(index === 0 ? path : `${path}.${index}`, `${path}.${index + 1}`).catch(ignoreMissing);
    }
    return this.#ensureFile();
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
