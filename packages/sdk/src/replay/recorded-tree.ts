/** The recorded spans as a tree, with what each answers and whether it was asked for. */
import { normalised, readExchanges, type Exchange } from './exchange.ts';
import { exchangeKey } from './request-body.ts';
import type { RecordedSpan, Recording } from './recording.ts';

export type CallKind = 'llm' | 'tool' | 'retrieval' | 'mcp' | 'http' | 'step';

export interface RecordedExchange {
  readonly exchange: Exchange;
  readonly node: RecordedNode;
  readonly host: string;
  readonly path: string;
  /** Method, path and request, in the form in which requests are compared. */
  readonly key: string;
  claimed: boolean;
}

export class RecordedNode {
  readonly span: RecordedSpan;
  readonly kind: CallKind;
  readonly children: RecordedNode[] = [];
  readonly exchanges: readonly RecordedExchange[];
  parent: RecordedNode | undefined;
  /** What was asked, where it was recorded; what two calls are compared by. */
  readonly request: string | undefined;
  readonly comparable: string | undefined;
  claimed = false;
  /** The recording answers in place of the code, so that nothing below is asked for. */
  answered = false;
  /** Statuses still to be answered where the answer is rebuilt from the span: earlier attempts, then the last. */
  attemptsLeft: (number | undefined)[];

  constructor(span: RecordedSpan) {
    this.span = span;
    this.kind = kindOf(span.attributes, span.kind);
    this.request = requestOf(span.attributes);
    this.comparable = this.request === undefined ? undefined : normalised(this.request);
    this.exchanges = readExchanges(span.attributes).map((exchange) => {
      const { host, pathname } = new URL(exchange.url);
      return {
        exchange,
        node: this,
        host,
        path: pathname,
        key: exchangeKey(exchange.method, exchange.url, exchange),
        claimed: false,
      };
    });
    this.attemptsLeft = this.kind === 'llm' && this.exchanges.length === 0 ? attemptsOf(span) : [];
  }

  isBelow(node: RecordedNode): boolean {
    for (let at = this.parent; at !== undefined; at = at.parent) if (at === node) return true;
    return false;
  }

  /** The names of the spans around it, outermost first. */
  get path(): string[] {
    const names: string[] = [];
    for (let at = this.parent; at !== undefined; at = at.parent) names.unshift(at.span.name);
    return names;
  }
}

/** All nodes by start time; their parents are set. */
export function recordedNodes(recording: Recording): RecordedNode[] {
  const nodes = recording.spans.map((span) => new RecordedNode(span));
  const byId = new Map(nodes.map((node) => [node.span.spanId, node]));
  for (const node of nodes) {
    const { parentSpanId } = node.span;
    node.parent = parentSpanId === undefined ? undefined : byId.get(parentSpanId);
    node.parent?.children.push(node);
  }
  return nodes;
}

const llmOperations = new Set(['chat', 'text_completion', 'generate_content', 'embeddings']);

export function kindOf(attributes: Readonly<Record<string, unknown>>, spanKind: number): CallKind {
  const operation = attributes['gen_ai.operation.name'];
  if (attributes['mcp.method.name'] !== undefined) return spanKind === 3 ? 'mcp' : 'step';
  if (operation === 'execute_tool') return 'tool';
  if (operation === 'retrieval') return 'retrieval';
  if (typeof operation === 'string' && llmOperations.has(operation)) return 'llm';
  return spanKind === 3 && attributes['http.request.method'] !== undefined ? 'http' : 'step';
}

const requestAttributes = [
  'gen_ai.system_instructions',
  'gen_ai.input.messages',
  'gen_ai.tool.call.arguments',
  'gen_ai.retrieval.query.text',
  'gen_ai.prompt.name',
  'mcp.resource.uri',
] as const;

export function requestOf(attributes: Readonly<Record<string, unknown>>): string | undefined {
  const parts = requestAttributes.flatMap((name) => {
    const value = attributes[name];
    return value === undefined ? [] : [typeof value === 'string' ? value : JSON.stringify(value)];
  });
  return parts.length === 0 ? undefined : parts.join('\n');
}

function attemptsOf({ attributes, failed }: RecordedSpan): (number | undefined)[] {
  const statuses = attributes['sightline.attempt_statuses'];
  const list = Array.isArray(statuses) ? statuses.filter((status) => typeof status === 'number') : [];
  if (list.length > 0) return list;
  const status = attributes['http.response.status_code'];
  return [typeof status === 'number' ? status : failed ? undefined : 200];
}
