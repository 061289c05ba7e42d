/** One turn, whatever the SDK that recorded it. */
export interface Message {
  /** `system`, `user`, `assistant`, `tool`, or what the sender wrote where it is none of these. */
  readonly role: string;
  readonly name?: string;
  readonly parts: readonly MessagePart[];
  /** `stop`, `length`, `tool_call`, `content_filter`, `error`, or what the provider wrote. Answers only. */
  readonly finishReason?: string;
  /** Its end, and what came behind it, was longer than is kept. */
  readonly isCut?: true;
}

export type MessagePart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'tool_call'; readonly id?: string; readonly name: string; readonly arguments: unknown }
  | {
      readonly type: 'tool_result';
      readonly id?: string;
      readonly name?: string;
      readonly result: unknown;
      readonly isError?: true;
    }
  | MediaPart
  /** What no rule reads, as it came. Shown, never dropped. */
  | { readonly type: 'raw'; readonly value: unknown };

/** `blob` and `uri` where the sender does not say what is inside. At least one of data, uri and fileId is set. */
export interface MediaPart {
  readonly type: 'image' | 'audio' | 'file' | 'blob' | 'uri';
  readonly mimeType?: string;
  readonly name?: string;
  /** Base64. */
  readonly data?: string;
  readonly uri?: string;
  readonly fileId?: string;
}

export interface Conversation {
  readonly input: readonly Message[];
  readonly output: readonly Message[];
}

export interface RetrievedDocument {
  readonly id?: string;
  readonly content?: string;
  /** Higher is better. */
  readonly score?: number;
  /** Lower is better. */
  readonly distance?: number;
  readonly metadata?: unknown;
}

export interface ToolUse {
  readonly name: string;
  readonly callId?: string;
  readonly arguments?: unknown;
  readonly result?: unknown;
}

/** What a span carries, as the API gives it: values decoded, lists and maps as values or as JSON text. */
export interface MessageSource {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events?: readonly {
    readonly name: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
  /** Log records of the same span: conventions 1.28–1.36 put messages there. */
  readonly logs?: readonly MessageLog[];
}

export interface MessageLog {
  readonly eventName: string;
  readonly body: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
}
