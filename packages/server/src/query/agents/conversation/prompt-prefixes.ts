import {
  type Conversation,
  type Message,
  type MessageSource,
  readConversation,
} from '@sightline/schema/conventions';

const promptKey = 'gen_ai.input.messages';
const systemKey = 'gen_ai.system_instructions';
/** Conversations that are followed side by side. */
const promptsMax = 64;

interface Prompt {
  /** The JSON text up to where the list would go on. */
  readonly open: string;
  readonly messages: readonly Message[];
}

/**
 * Reads conversations of which each goes on where an earlier one ended: the text they share is read once. A run of 500 calls, each of which
 * is told all that was said, has a quarter of a million messages in its prompts and a thousand different ones.
 */
export class PromptPrefixes {
  #recent: Prompt[] = [];

  read(source: MessageSource): Conversation {
    const raw = source.attributes[promptKey];
    const isList = typeof raw === 'string' && raw.startsWith('[') && raw.endsWith(']');
    if (!isList || source.attributes[systemKey] !== undefined) return readConversation(source);
    const conversation = this.#readOn(source, raw) ?? readConversation(source);
    if (isUnderstood(conversation.input))
      this.#recent = [
        ...this.#recent.slice(1 - promptsMax),
        { open: `${raw.slice(0, -1)},`, messages: conversation.input },
      ];
    return conversation;
  }

  #readOn(source: MessageSource, raw: string): Conversation | undefined {
    const before = this.#recent.findLast(({ open }) => raw.startsWith(open));
    if (before === undefined) return undefined;
    const rest = `[${raw.slice(before.open.length)}`;
    const { input, output } = readConversation({
      ...source,
      attributes: { ...source.attributes, [promptKey]: rest },
    });
    return isUnderstood(input) ? { input: [...before.messages, ...input], output } : undefined;
  }
}

/** What is not understood alone may be understood as a whole. */
function isUnderstood(messages: readonly Message[]): boolean {
  return messages.length > 0 && messages.every(({ parts }) => parts.every(({ type }) => type !== 'raw'));
}
