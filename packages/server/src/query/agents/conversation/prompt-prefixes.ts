import {
  type Conversation,
  type Message,
  type MessageSource,
  readConversation,
} from '@sightline/schema/conventions';
import { type StoredTexts, wholeText } from './stored-texts.ts';

export const promptKey = 'gen_ai.input.messages';
const systemKey = 'gen_ai.system_instructions';
/** Conversations that are followed side by side. */
const promptsMax = 64;

interface Prompt {
  /** The JSON text, by the ids of its texts, up to where the list would go on. */
  readonly open: string;
  readonly system: unknown;
  readonly messages: readonly Message[];
}

/**
 * Reads conversations of which each goes on where an earlier one ended: what they share is read once. A run of 500 calls, each of which
 * is told all that was said, has a quarter of a million messages in its prompts and a thousand different ones.
 */
export class PromptPrefixes {
  readonly #texts: StoredTexts;
  #recent: Prompt[] = [];
  /** Characters of prompts that were read. */
  charactersRead = 0;

  constructor(texts: StoredTexts) {
    this.#texts = texts;
  }

  /** `source` has the prompt as `byIds` gives it, and everything else whole. */
  read(source: MessageSource): Conversation {
    const raw = source.attributes[promptKey];
    if (typeof raw !== 'string') return readConversation(source);
    if (!raw.startsWith('[') || !raw.endsWith(']')) return this.#readAs(source, raw);
    const conversation = this.#readOn(source, raw) ?? this.#readAs(source, raw);
    if (isUnderstood(conversation.input))
      this.#recent = [
        ...this.#recent.slice(1 - promptsMax),
        {
          open: `${raw.slice(0, -1)},`,
          system: source.attributes[systemKey],
          messages: conversation.input,
        },
      ];
    return conversation;
  }

  #readOn(source: MessageSource, raw: string): Conversation | undefined {
    const system = source.attributes[systemKey];
    const before = this.#recent.findLast((prompt) => prompt.system === system && raw.startsWith(prompt.open));
    if (before === undefined) return undefined;
    // The instructions are among the messages before.
    const { [systemKey]: _, ...attributes } = source.attributes;
    const { input, output } = this.#readAs({ ...source, attributes }, `[${raw.slice(before.open.length)}`);
    return isUnderstood(input) ? { input: [...before.messages, ...input], output } : undefined;
  }

  #readAs(source: MessageSource, raw: string): Conversation {
    const prompt = wholeText(raw, this.#texts);
    this.charactersRead += prompt.length;
    return readConversation({ ...source, attributes: { ...source.attributes, [promptKey]: prompt } });
  }
}

/** What is not understood alone may be understood as a whole. */
function isUnderstood(messages: readonly Message[]): boolean {
  return messages.length > 0 && messages.every(({ parts }) => parts.every(({ type }) => type !== 'raw'));
}
