import type { Clock } from '@sightline/base';
import type { Window } from '../time-range.ts';
import type { JoinedModels } from './model-names.ts';

const ageMsMax = 60_000;
/** Ranges whose names are kept. */
const keptMax = 200;

/**
 * Under which names models are listed, for panels that are asked again and again: to read them is a look at every span of a day. Names are as they were within
 * the last minute.
 */
export class KeptNames {
  readonly #kept = new Map<string, { readonly atMs: number; readonly names: Promise<JoinedModels> }>();

  async read(
    { project, clock }: { readonly project: string; readonly clock: Clock },
    { from, to }: Window,
    ask: () => Promise<JoinedModels>,
  ): Promise<JoinedModels> {
    const nowMs = clock.monotonicMs();
    for (const [key, { atMs }] of this.#kept)
      if (nowMs - atMs > ageMsMax || this.#kept.size > keptMax) this.#kept.delete(key);
    const key = `${from} ${to} ${project}`;
    const known = this.#kept.get(key);
    if (known !== undefined) return known.names;
    const names = ask();
    this.#kept.set(key, { atMs: nowMs, names });
    try {
      return await names;
    } catch (error) {
      this.#kept.delete(key);
      throw error;
    }
  }
}
