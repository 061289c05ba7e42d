import type { FailureId } from './failures.ts';
import type { ModelId } from './models.ts';
import type { PhotoId } from './photos.ts';

/** An agent as its makers describe it. */
export interface Agent {
  readonly name: string;
  readonly id: string;
  readonly version: string;
  readonly description: string;
  readonly model: ModelId;
  readonly temperature: number;
  readonly system: string;
  readonly tools: readonly ToolDefinition[];
  /** Tokens of the instructions and tool definitions that are sent with every call. */
  readonly promptTokens: number;
}

export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  /** Name and type of each parameter. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A piece of product life, told once and played with ever new times and people. */
export interface Scenario {
  readonly name: string;
  /** How often, against the others. */
  readonly weight: number;
  readonly agent: AgentId;
  readonly route: string;
  readonly turns: readonly Turn[];
}

export type AgentId =
  | 'support'
  | 'research'
  | 'webSearcher'
  | 'analyst'
  | 'codeReview'
  | 'securityReviewer'
  | 'testReviewer';

export interface Turn {
  readonly user: string;
  /** A picture sent along. */
  readonly photo?: PhotoId;
  readonly steps: readonly Step[];
  readonly answer: string;
  /** What is said when a step failed for good. */
  readonly apology?: string;
  readonly evaluations?: readonly Evaluation[];
}

export type Step = RetrieveStep | ToolsStep | DelegateStep | PlanStep | GuardStep;

export interface RetrieveStep {
  readonly do: 'retrieve';
  readonly source: string;
  readonly query: string;
  readonly documents: readonly RetrievedDocument[];
}

export interface RetrievedDocument {
  readonly id: string;
  readonly score: number;
  readonly content: string;
}

/** The model asks for tools; more than one run side by side. */
export interface ToolsStep {
  readonly do: 'tools';
  /** What the model thinks before it speaks. */
  readonly thinks?: string;
  /** What the model says before it asks. */
  readonly say?: string;
  readonly calls: readonly ToolCall[];
}

export interface ToolCall {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, string | number | boolean>>;
  readonly result: unknown;
  readonly medianMs: number;
  readonly backend: Backend;
  readonly fails?: { readonly chance: number; readonly as: FailureId };
  /** A message for the billing worker. */
  readonly publishes?: { readonly queue: string; readonly amountEur: number };
}

export type Backend =
  | { readonly type: 'postgresql'; readonly statement: string; readonly table: string }
  | { readonly type: 'http'; readonly method: string; readonly host: string; readonly path: string }
  | { readonly type: 'process'; readonly command: string };

/** Another agent takes a part of the work; those of one step run side by side. */
export interface DelegateStep {
  readonly do: 'delegate';
  readonly to: readonly {
    readonly agent: AgentId;
    readonly task: string;
    readonly steps: readonly Step[];
    readonly answer: string;
  }[];
}

export interface PlanStep {
  readonly do: 'plan';
  readonly thinks?: string;
  readonly plan: readonly string[];
}

export interface GuardStep {
  readonly do: 'guard';
  readonly name: string;
  readonly on: 'input' | 'output';
  readonly blocks?: { readonly chance: number; readonly as: FailureId };
}

export interface Evaluation {
  readonly name: string;
  readonly score: number;
  readonly label: string;
  readonly explanation: string;
  /** Now and then the judgement is another one. */
  readonly orElse?: {
    readonly chance: number;
    readonly score: number;
    readonly label: string;
    readonly explanation: string;
  };
}
