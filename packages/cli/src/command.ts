import type { ApiClient } from './client/api-client.ts';
import type { OptionSpecs, OptionValues } from './arguments/options.ts';
import type { Output } from './output/output.ts';
import type { ExitCode } from './exit-code.ts';

/** One verb: what `--help` says about it, and what it does. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** What follows the verb, such as `<trace-id>`. */
  readonly positionals: string;
  /** How many words may follow the verb. */
  readonly positionalCount: { readonly min: number; readonly max: number };
  readonly options: OptionSpecs;
  readonly details?: string;
  readonly examples: readonly { readonly line: string; readonly about: string }[];
  /** The verb reads its own arguments; only `--help` is taken from it. */
  readonly passThrough?: boolean;
  run(invocation: Invocation): Promise<ExitCode>;
}

/** Everything a verb may touch. */
export interface Invocation {
  readonly positionals: readonly string[];
  readonly options: OptionValues;
  readonly client: ApiClient;
  readonly output: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts on Ctrl-C. Waiting and fetching must heed it. */
  readonly signal: AbortSignal;
}
