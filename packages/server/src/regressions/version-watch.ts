/** Versions by their first spans, as they come: most within seconds, some hours late, from a collector that was away or a past that is imported. */
import type { QueryContext } from '../query/reader.ts';
import { hasLateSpans, readSeenVersions, type SeenVersion } from '../query/regressions/read-cell-minutes.ts';

const minuteMs = 60_000;
const wholeMs = 6 * 3_600_000;
const newestMs = 15 * minuteMs;
/** All of the six hours are read again where late spans came, and no more often: that reads many times what a look reads otherwise. */
const wholeAgainMs = 5 * minuteMs;

export class VersionWatch {
  /** By project: versions were read up to `untilMs`, and late spans were looked for up to `wholeMs`. */
  readonly #seen = new Map<string, { readonly untilMs: number; readonly wholeMs: number }>();

  /** Versions that began to run, some of them known already. */
  async look(context: QueryContext): Promise<readonly SeenVersion[]> {
    const nowMs = Number(context.clock.now() / 1_000_000n);
    const known = this.#seen.get(context.project);
    const isWholeDue = known === undefined || nowMs - known.wholeMs >= wholeAgainMs;
    const isWhole =
      known === undefined ||
      (isWholeDue &&
        (await hasLateSpans(context, {
          fromMs: nowMs - wholeMs,
          toMs: nowMs - newestMs,
          storedAfterMs: known.wholeMs - minuteMs,
        })));
    const fromMs = isWhole ? nowMs - wholeMs : known.untilMs - newestMs;
    const seen = await readSeenVersions(context, { fromMs, toMs: nowMs + minuteMs });
    this.#seen.set(context.project, { untilMs: nowMs, wholeMs: isWholeDue ? nowMs : known.wholeMs });
    // A version that ran through the edge of what is read began before it, and is known, or is older than is looked at.
    return seen.filter(({ time }) => time.getTime() >= fromMs + minuteMs);
  }
}
