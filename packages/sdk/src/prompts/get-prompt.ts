/**
 * Prompts from the server, for programs that must go on whatever the server does: a prompt that was read once is given at once and refreshed in the
 * background; where none can be had, the fallback is.
 */
import { renderMessages, variablesOf } from '@sightline/schema/prompts';
import { askServer, type ServerOptions } from '../runtime/ask-server.ts';
import { activeContext, runInContext, withInherited } from '../runtime/context.ts';
import { sayOnce } from '../core/diagnostics.ts';
import type { PromptContent, PromptMessage } from './prompt-content.ts';

export interface GetPromptOptions extends ServerOptions {
  /** What is used while the server cannot be asked and nothing was read before: a text for the user's message, or everything. */
  readonly fallback: string | Partial<PromptContent>;
  /** Default: `production`. `latest` is the newest version. */
  readonly label?: string;
  /** This version instead of what a label says. */
  readonly version?: number;
  /** How long what was read counts as fresh. Default: 60,000. */
  readonly maxAgeMs?: number;
  /** How long the first read may take. Default: 1,000. */
  readonly timeoutMs?: number;
}

export interface Prompt extends PromptContent {
  readonly name: string;
  /** Undefined: it is the fallback. */
  readonly version: number | undefined;
  readonly isFallback: boolean;
  readonly variables: readonly string[];
  /** The messages with their variables filled in. One without a value stays as it is written. */
  compile(values?: Readonly<Record<string, unknown>>): PromptMessage[];
  /** Runs `fn`; every call of a model inside carries the prompt’s name and version. */
  run<T>(fn: () => T): T;
}

interface Known {
  readonly content: PromptContent;
  readonly version: number;
}

interface Entry {
  known: Known | undefined;
  askedAtMs: number;
  asking: Promise<void> | undefined;
}

/** Beyond these the oldest is read anew when it is wanted. */
const entriesMax = 1_000;
/** A server that is away is asked again after so long, and nobody waits for it meanwhile. */
const retryMs = 10_000;
const entries = new Map<string, Entry>();

/**
 * A prompt by its label. Never throws and never waits longer than `timeoutMs`, and that only the first time.
 *
 * @example
 * const prompt = await getPrompt('greet', { fallback: 'Greet {{name}}.' });
 * const messages = prompt.compile({ name: 'Ada' });
 */
export async function getPrompt(name: string, options: GetPromptOptions): Promise<Prompt> {
  const { fallback, maxAgeMs = 60_000, timeoutMs = 1_000 } = options;
  const wanted = options.version === undefined ? (options.label ?? 'production') : String(options.version);
  const entry = entryOf(JSON.stringify([options.url ?? '', name, wanted]));
  const nowMs = performance.now();
  const patienceMs = entry.known === undefined ? retryMs : maxAgeMs;
  if (entry.asking === undefined && (entry.askedAtMs === -Infinity || nowMs - entry.askedAtMs > patienceMs)) {
    entry.askedAtMs = nowMs;
    entry.asking = refresh(entry, { ...options, name, wanted, timeoutMs }).finally(
      () => (entry.asking = undefined),
    );
    // Only who has nothing yet waits.
    if (entry.known === undefined) await withoutWaitingLonger(entry.asking, timeoutMs);
  } else if (entry.known === undefined && entry.asking !== undefined)
    await withoutWaitingLonger(entry.asking, timeoutMs);
  return promptOf(name, entry.known, fallback);
}

function entryOf(key: string): Entry {
  const found = entries.get(key);
  if (found !== undefined) return found;
  const made: Entry = { known: undefined, askedAtMs: -Infinity, asking: undefined };
  const [oldest] = entries.keys();
  if (entries.size >= entriesMax && oldest !== undefined) entries.delete(oldest);
  entries.set(key, made);
  return made;
}

async function refresh(
  entry: Entry,
  options: ServerOptions & { readonly name: string; readonly wanted: string; readonly timeoutMs: number },
): Promise<void> {
  const { name, wanted, timeoutMs, url, apiKey } = options;
  try {
    const answer = await askServer<unknown>({
      path: `/prompts/version?name=${encodeURIComponent(name)}&version=${encodeURIComponent(wanted)}`,
      timeoutMs: entry.known === undefined ? timeoutMs : Math.max(timeoutMs, 10_000),
      inBackground: entry.known !== undefined,
      ...(url === undefined ? {} : { url }),
      ...(apiKey === undefined ? {} : { apiKey }),
    });
    if (!isKnown(answer)) throw new Error('the answer is no prompt');
    const { content, version } = answer;
    entry.known = { content, version };
  } catch (error) {
    sayOnce(
      `prompt:${name}`,
      `The prompt "${name}" (${wanted}) cannot be read, ${entry.known === undefined ? 'its fallback is used' : 'what was read before is used'}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Whatever stands at the address may answer; what it says must not break the program later. */
function isKnown(answer: unknown): answer is Known {
  const { version, content } = (answer ?? {}) as Partial<Known>;
  const messages: unknown = content?.messages;
  return (
    typeof version === 'number' &&
    Array.isArray(messages) &&
    messages.every((message) => typeof (message as { content?: unknown } | null)?.content === 'string')
  );
}

async function withoutWaitingLonger(work: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)))]);
  clearTimeout(timer);
}

function promptOf(name: string, known: Known | undefined, fallback: GetPromptOptions['fallback']): Prompt {
  const content = known?.content ?? contentOf(fallback);
  const attributes: Record<string, string> = {
    'gen_ai.prompt.name': name,
    'gen_ai.prompt.version': known === undefined ? 'fallback' : String(known.version),
  };
  return {
    ...structuredClone(content),
    name,
    version: known?.version,
    isFallback: known === undefined,
    variables: variablesOf(content.messages),
    compile: (values = {}) => renderMessages(content.messages, values),
    run: (fn) => runInContext(withInherited(activeContext(), attributes), fn),
  };
}

function contentOf(fallback: GetPromptOptions['fallback']): PromptContent {
  if (typeof fallback === 'string')
    return { messages: [{ role: 'user', content: fallback }], parameters: {}, tools: [] };
  return { messages: [], parameters: {}, tools: [], ...fallback };
}
