/** A prompt as it is edited in the playground: what is a number or JSON in the end is text until it is sent. */
import type { PromptContent, PromptMessage } from '@sightline/schema/api';

export interface PlaygroundDraft {
  readonly connection: string;
  readonly model: string;
  readonly messages: readonly PromptMessage[];
  readonly parameters: Readonly<Record<ParameterName, string>>;
  /** A JSON list of tools, '' for none. */
  readonly tools: string;
  /** JSON Schema of the answer, '' for none. */
  readonly responseSchema: string;
  /** JSON: what each tool answers. */
  readonly stubs: string;
}

export const parameterNames = ['temperature', 'topP', 'maxOutputTokens', 'seed', 'stop'] as const;
export type ParameterName = (typeof parameterNames)[number];
export const parameterLabels: Readonly<Record<ParameterName, string>> = {
  temperature: 'Temperature',
  topP: 'Top p',
  maxOutputTokens: 'Tokens at most',
  seed: 'Seed',
  stop: 'Stop at (JSON list)',
};

export const emptyDraft: PlaygroundDraft = {
  connection: '',
  model: '',
  messages: [
    { role: 'system', content: '' },
    { role: 'user', content: '' },
  ],
  parameters: { temperature: '', topP: '', maxOutputTokens: '', seed: '', stop: '' },
  tools: '',
  responseSchema: '',
  stubs: '',
};

export function draftOf(content: PromptContent, connection: string): PlaygroundDraft {
  const { parameters } = content;
  const text = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value));
  return {
    connection,
    model: content.model ?? '',
    messages: content.messages,
    parameters: {
      temperature: text(parameters.temperature),
      topP: text(parameters.topP),
      maxOutputTokens: text(parameters.maxOutputTokens),
      seed: text(parameters.seed),
      stop: text(parameters.stop),
    },
    tools: content.tools.length === 0 ? '' : JSON.stringify(content.tools, undefined, 2),
    responseSchema:
      content.responseSchema === undefined ? '' : JSON.stringify(content.responseSchema, undefined, 2),
    stubs: '',
  };
}

export interface ReadDraft {
  readonly content: PromptContent;
  readonly stubs: Readonly<Record<string, unknown>>;
}

/** What the draft says, or why it says nothing. Messages without words, images or calls are left out. */
export function readDraft(draft: PlaygroundDraft): ReadDraft | { readonly problem: string } {
  const messages = draft.messages.filter(
    ({ content, images = [], toolCalls = [] }) =>
      content.trim() !== '' || images.length > 0 || toolCalls.length > 0,
  );
  if (messages.length === 0) return { problem: 'Write a message first.' };
  const problems: string[] = [];
  const json = (name: string, text: string): unknown => {
    if (text.trim() === '') return undefined;
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      problems.push(`${name} is no JSON: ${error instanceof Error ? error.message : ''}`);
      return undefined;
    }
  };
  const parameters = Object.fromEntries(
    parameterNames.flatMap((name) => {
      const value = json(parameterLabels[name], draft.parameters[name]);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const tools = json('The list of tools', draft.tools) ?? [];
  const responseSchema = json('The schema of the answer', draft.responseSchema);
  const stubs = json('The list of stubs', draft.stubs) ?? {};
  if (!Array.isArray(tools)) problems.push('Tools are a JSON list.');
  if (typeof stubs !== 'object' || stubs === null || Array.isArray(stubs))
    problems.push('Stubs are a JSON object: what each tool answers, by its name.');
  const [problem] = problems;
  if (problem !== undefined) return { problem };
  const content = {
    messages,
    parameters,
    tools,
    ...(draft.model.trim() === '' ? {} : { model: draft.model.trim() }),
    ...(responseSchema === undefined ? {} : { responseSchema }),
  } as PromptContent;
  return { content, stubs: stubs as Record<string, unknown> };
}
