import { RE2JS } from 're2js';
import { PromqlExecutionError } from './ast.ts';

/** Characters; Grafana sends the names of a thousand services as one pattern. */
const lengthMax = 10_000;
/** A query is answered on the thread that also takes in telemetry. */
const timeMsMax = 1000;

/** The regular expressions of one query. A text takes time that grows with its length times that of the pattern, so all of them together have a bounded time. */
export class Patterns {
  readonly #compiled = new Map<string, RE2JS>();
  #spentMs = 0;

  /** `^(?s:…)$`, as Prometheus means patterns. Throws PromqlExecutionError. */
  compile(pattern: string, where = ''): RE2JS {
    const known = this.#compiled.get(pattern);
    if (known !== undefined) return known;
    if (pattern.length > lengthMax)
      throw new PromqlExecutionError(
        `invalid regular expression${where}: it is longer than ${lengthMax} characters`,
      );
    const compiled = this.timed(() => {
      try {
        return RE2JS.compile(`^(?s:${pattern})$`);
      } catch (error) {
        if (where === '' && error instanceof Error) throw new PromqlExecutionError(error.message);
        throw new PromqlExecutionError(`invalid regular expression${where}: ${pattern}`);
      }
    });
    this.#compiled.set(pattern, compiled);
    return compiled;
  }

  /** What matching gives. Throws PromqlExecutionError once the time of the query is over. */
  timed<T>(match: () => T): T {
    if (this.#spentMs > timeMsMax)
      throw new PromqlExecutionError(
        'the regular expressions of the query take too much computing; shorten them or ask for fewer series',
      );
    const beganMs = performance.now();
    const found = match();
    this.#spentMs += performance.now() - beganMs;
    return found;
  }
}
