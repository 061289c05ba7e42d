/** Prompts as the server keeps them. The package brings its own types: that of the server's API is not published. */

export interface PromptToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON, as the tool takes it. */
  readonly arguments: unknown;
}

/** Base64, or where the provider reads it. */
export type PromptImage = { readonly mediaType: string; readonly data: string } | { readonly url: string };

export interface PromptMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  /** Of a user: shown after the text. */
  readonly images?: readonly PromptImage[];
  readonly toolCalls?: readonly PromptToolCall[];
  readonly toolCallId?: string;
  readonly toolName?: string;
}

export interface PromptTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface PromptParameters {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly maxOutputTokens?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
}

/** Everything that is sent to a model, but for who answers. */
export interface PromptContent {
  readonly messages: readonly PromptMessage[];
  readonly model?: string;
  readonly parameters: PromptParameters;
  readonly tools: readonly PromptTool[];
  /** JSON Schema of the answer. */
  readonly responseSchema?: Readonly<Record<string, unknown>>;
}
