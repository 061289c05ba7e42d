import { Worker } from 'node:worker_threads';
import { sourceMapUnpackedBytesMax } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { SourceMapsRead, SourceMapWork, SourcePlace } from './source-map-worker.ts';

type Asked = Omit<SourceMapWork, 'unpackedBytesMax'>;

const heapMegabytesMax = 768;
const timeMsMax = 5_000;
const waitingMax = 32;

/** Reads source maps in a thread, one after the other; what takes too long or too much memory is ended. */
class SourceMapReader {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /**
   * @throws SightlineError `bad_source_map` when the map cannot be used, `overloaded` when too many wait.
   */
  async check(packed: Uint8Array): Promise<void> {
    if (this.#waiting >= waitingMax)
      throw new SightlineError('overloaded', 'Too many source maps wait to be checked.', {
        hint: 'Send one after the other.',
        retryAfterS: 1,
      });
    const read = await this.#inTurn({ maps: [packed], places: [] });
    const problem = read === undefined ? 'it takes too long or too much memory to read' : read.problems[0];
    if (typeof problem === 'string')
      throw new SightlineError('bad_source_map', `The source map cannot be used: ${problem}.`, {
        hint: 'Send the map that the bundler wrote beside the built file, of version 3.',
      });
  }

  /** By place; null where it has no source, and for all when they cannot be read. */
  async read(work: Asked): Promise<readonly (SourcePlace | null)[]> {
    const read = this.#waiting >= waitingMax ? undefined : await this.#inTurn(work);
    return read?.found ?? work.places.map(() => null);
  }

  async #inTurn(work: Asked): Promise<SourceMapsRead | undefined> {
    this.#waiting += 1;
    const turn = this.#last.then(async () => inThread(work)).finally(() => (this.#waiting -= 1));
    this.#last = turn;
    return turn;
  }
}

export const sourceMapReader = new SourceMapReader();

/** Undefined where the thread does not answer. Never rejects. */
async function inThread(work: Asked): Promise<SourceMapsRead | undefined> {
  const worker = new Worker(new URL('source-map-worker.ts', import.meta.url), {
    workerData: { ...work, unpackedBytesMax: sourceMapUnpackedBytesMax } satisfies SourceMapWork,
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytesMax },
  });
  const answer = await new Promise<SourceMapsRead | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), timeMsMax);
    worker.once('message', (read: SourceMapsRead) => resolve(read));
    worker.once('error', () => resolve(undefined));
    worker.once('exit', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
  await worker.terminate();
  return answer;
}
