import { parseJson } from '@sightline/base';
import {
  type Conversation,
  type Message,
  type MessageSource,
  readConversation,
} from '@sightline/schema/conventions';
import { restoreTexts } from '@sightline/schema/otlp';
import { idLength, type StoredTexts, textByNumber } from '../../restore-texts.ts';

export const promptKey = 'gen_ai.input.messages';
const systemKey = 'gen_ai.system_instructions';
/** Conversations that are followed side by side, and branches of one that begin alike. */
const chainsMax = 256;
const branchesMax = 8;
/** What a chain is known by. */
const beginCharacters = 300;
const beginIds = 2;

/** A prompt as it is stored: marks stand for texts, whose ids are in `textIds` by their numbers. */
export interface StoredPrompt {
  readonly value: string;
  readonly textIds: string;
}

/** A prompt that was read, each entry of whose list is a message by itself. */
interface Prompt extends StoredPrompt {
  /** Of the texts in it the one with the highest number. */
  readonly lastText: number;
  readonly system: unknown;
  readonly messages: readonly Message[];
}

/**
 * Reads conversations of which each goes on where an earlier one ended: what they share is neither put together nor parsed again. A run of 500
 * calls, each of which is told all that was said, has a quarter of a million messages in its prompts and a thousand different ones.
 */
export class PromptPrefixes {
  readonly #texts: StoredTexts;
  readonly #chains = new Map<string, Prompt[]>();
  /** Characters of prompts that were read. */
  charactersRead = 0;

  constructor(texts: StoredTexts) {
    this.#texts = texts;
  }

  /** `source` has everything but the prompt, in whose place anything may stand. */
  read(source: MessageSource, prompt: StoredPrompt | undefined): Conversation {
    if (prompt === undefined) return readConversation(source);
    const chain = this.#chainOf(prompt);
    const system = source.attributes[systemKey];
    const before = chain.findLast((each) => each.system === system && goesOn(each, prompt));
    const conversation =
      before === undefined ? undefined : this.#readOn(source, before, { chain, prompt, system });
    return conversation ?? this.#readWhole(source, { chain, prompt, system });
  }

  #chainOf({ value, textIds }: StoredPrompt): Prompt[] {
    const key = value.slice(0, beginCharacters) + textIds.slice(0, beginIds * idLength);
    const chain = this.#chains.get(key) ?? [];
    if (!this.#chains.has(key) && this.#chains.size >= chainsMax)
      this.#chains.delete(this.#chains.keys().next().value ?? '');
    this.#chains.set(key, chain);
    return chain;
  }

  #readWhole(source: MessageSource, { chain, prompt, system }: Place): Conversation {
    const { text, lastText } = this.#wholeText(prompt.value, prompt);
    const list = messageList(text);
    const conversation = readWith(source, list ?? text);
    // Where the list is empty, or the span is that of a tool, what was said stands elsewhere.
    if (list !== undefined && list.length > 0 && conversation.input.length >= list.length)
      remember(chain, { ...prompt, system, messages: conversation.input, lastText });
    return conversation;
  }

  /** Undefined where what is new cannot be read by itself. */
  #readOn(source: MessageSource, before: Prompt, { chain, prompt, system }: Place): Conversation | undefined {
    const rest = prompt.value.slice(before.value.length - 1);
    const { text, lastText } = this.#wholeText(`[${rest.slice(1)}`, prompt);
    const list = messageList(text);
    if (list === undefined) return undefined;
    // The instructions are among the messages before.
    const { [systemKey]: _, ...attributes } = source.attributes;
    const { input, output } = readWith({ ...source, attributes }, list);
    if (input.length !== list.length) return undefined;
    const messages = [...before.messages, ...input];
    remember(chain, { ...prompt, system, messages, lastText: Math.max(lastText, before.lastText) });
    return { input: messages, output };
  }

  /** With the highest number of a text in it. */
  #wholeText(value: string, { textIds }: StoredPrompt): { readonly text: string; readonly lastText: number } {
    let lastText = 0;
    const text = restoreTexts(value, (number) => {
      if (number > lastText) lastText = number;
      return textByNumber(number, textIds, this.#texts);
    });
    this.charactersRead += text.length;
    return { text, lastText };
  }
}

interface Place {
  readonly chain: Prompt[];
  readonly prompt: StoredPrompt;
  readonly system: unknown;
}

function readWith(source: MessageSource, prompt: unknown): Conversation {
  return readConversation({ ...source, attributes: { ...source.attributes, [promptKey]: prompt } });
}

function remember(chain: Prompt[], prompt: Prompt): void {
  if (chain.length >= branchesMax) chain.shift();
  chain.push(prompt);
}

/** The prompt is the list of the one before, and more behind it. Marks mean the same texts where the ids are the same. */
function goesOn(before: Prompt, { value, textIds }: StoredPrompt): boolean {
  const shared = before.value.length - 1;
  return (
    value[shared] === ',' &&
    // Equality is compared by words, what `startsWith` compares by characters.
    value.slice(0, shared) === before.value.slice(0, shared) &&
    textIds.slice(0, before.lastText * idLength) === before.textIds.slice(0, before.lastText * idLength)
  );
}

/** The entries of a JSON list each of which is a message whatever stands around it; undefined for anything else. */
function messageList(text: string): readonly unknown[] | undefined {
  if (!text.startsWith('[') || !text.endsWith(']')) return undefined;
  const value = tryParse(text);
  return Array.isArray(value) && value.every(hasRole) ? value : undefined;
}

function tryParse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function hasRole(entry: unknown): boolean {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    'role' in entry &&
    typeof entry.role === 'string' &&
    entry.role !== ''
  );
}
