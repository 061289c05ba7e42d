/**
 * Inserts that are planned before their rows are known: planning takes as long as a small load itself. The engine reads a named pipe as a file, so that a statement
 * over one is parsed, analysed and planned, opens the pipe, and waits there for what is written into it.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, rmSync, write } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type PlannedLoad, StoreError } from '../telemetry-store.ts';

const pollMs = 4;
/** A call that was made is under way by then. */
const writeBeginsMsMax = 100;
const writeTo = promisify(write);

/** Some pipes, of which each serves one statement at a time. */
export class InsertPipes {
  readonly #idle: string[];
  readonly #used = new Set<Insert>();
  readonly #atExit = (): void => {
    for (const insert of this.#used) insert.abandon();
  };

  private constructor(paths: readonly string[]) {
    this.#idle = [...paths];
    process.on('exit', this.#atExit);
  }

  /** Undefined where none are wanted, and where the file system or the machine has no named pipes. */
  static make(directory: string, count: number): InsertPipes | undefined {
    if (count === 0) return undefined;
    const paths = Array.from({ length: count }, (_, at) => join(directory, String(at)));
    try {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory, { recursive: true });
      execFileSync('mkfifo', ['-m', '600', ...paths], { stdio: 'ignore' });
    } catch {
      return undefined;
    }
    return new InsertPipes(paths);
  }

  /** Begins `statement`, which is to read the file it is given the path of. Undefined where all pipes are in use. */
  plan(statement: (path: string) => Promise<void>): PlannedLoad | undefined {
    const path = this.#idle.pop();
    if (path === undefined) return undefined;
    const insert = new Insert(path, statement(path));
    this.#used.add(insert);
    void insert.over.then(() => {
      this.#used.delete(insert);
      this.#idle.push(path);
    });
    return insert;
  }

  /** Ends what was planned and never run. */
  async close(): Promise<void> {
    process.off('exit', this.#atExit);
    await Promise.all([...this.#used].map(async (insert) => insert.release()));
  }
}

class Insert implements PlannedLoad {
  readonly ready: Promise<boolean>;
  /** The statement ended, well or not. */
  readonly over: Promise<void>;
  readonly #path: string;
  readonly #statement: Promise<void>;
  /** Open as long as the statement is to wait for more. */
  #pipe: number | undefined;
  #isOver = false;
  #isRun = false;
  #isWriting = false;

  constructor(path: string, statement: Promise<void>) {
    this.#path = path;
    this.#statement = statement;
    this.over = statement
      .catch(() => undefined)
      .then(() => {
        this.#isOver = true;
        if (!this.#isWriting) this.#closePipe();
      });
    this.ready = this.#open();
  }

  async run(bytes: Uint8Array): Promise<void> {
    this.#isRun = true;
    await this.ready;
    const failure = await this.#write(bytes);
    this.#closePipe();
    await this.#statement;
    if (failure !== undefined)
      throw new StoreError('unavailable', 'The engine did not read all of a load.', { cause: failure });
  }

  async release(): Promise<void> {
    if (!this.#isRun) {
      await this.ready;
      this.#closePipe();
    }
    await this.over;
  }

  /**
   * To be called when the process ends, which waits for its threads, and they for the pipe. Whoever is about to open it finds none; what is being written is
   * written to its end, since the call that does so holds the pipe.
   */
  abandon(): void {
    try {
      const reads = openSync(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
      const writes = openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK);
      rmSync(this.#path, { force: true });
      closeSync(writes);
      closeSync(reads);
    } catch {
      // Without the file there is nobody who waits to open it.
    }
    if (this.#isWriting) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, writeBeginsMsMax);
    this.#closePipe();
  }

  async #open(): Promise<boolean> {
    while (!this.#isOver && this.#pipe === undefined) {
      this.#pipe = openForReader(this.#path);
      if (this.#pipe === undefined) await delay(pollMs);
    }
    return !this.#isOver;
  }

  /** In one call, by a thread of Node's pool: the loop, which is busy with what comes in, has no part in it. Resolves with why it failed. */
  async #write(bytes: Uint8Array): Promise<unknown> {
    this.#isWriting = true;
    try {
      for (let at = 0; at < bytes.length && this.#pipe !== undefined;)
        at += (await writeTo(this.#pipe, bytes, at, bytes.length - at)).bytesWritten;
      return undefined;
    } catch (error) {
      return error;
    } finally {
      this.#isWriting = false;
    }
  }

  #closePipe(): void {
    if (this.#pipe === undefined) return;
    closeSync(this.#pipe);
    this.#pipe = undefined;
  }
}

/** The pipe for writing that waits while it is full, once somebody reads it. */
function openForReader(path: string): number | undefined {
  const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
  const opened: number[] = [];
  const open = (flags: number): number => {
    const file = openSync(path, flags);
    opened.push(file);
    return file;
  };
  try {
    // Fails where nobody reads. From here on there is a writer, without which a reader would be at the end.
    open(O_WRONLY | O_NONBLOCK);
    // Would wait, were the reader gone by now, but for the one of our own.
    open(O_RDONLY | O_NONBLOCK);
    const pipe = open(O_WRONLY);
    opened.pop();
    return pipe;
  } catch {
    return undefined;
  } finally {
    for (const file of opened) closeSync(file);
  }
}
