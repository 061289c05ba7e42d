/** Who called whom: agents, models, tools, MCP servers and sources of documents, from the steps of runs. Pure. */
import type { AgentGraphEdge, AgentGraphNode, RunGraphResponse, Usage } from '@sightline/schema/api';
import { inferenceOperations } from '@sightline/schema/conventions';
import { isAgentAtWork } from './describe-run.ts';
import { listedModel } from './joined-models.ts';
import type { JoinedModels, ModelName } from './model-names.ts';
import {
  addUsage,
  callKey,
  durationMs,
  modelCalls,
  noUsage,
  onePerId,
  offsetMs,
  orNull,
  parentStep,
  type RunNode,
  type RunTree,
  stepsOf,
  usageOfCalls,
} from './run-tree.ts';

type NodeType = AgentGraphNode['type'];

/** Names that a step does not tell by itself. */
export interface GraphNames {
  /** MCP server by span id, where more is known than that it is one. */
  readonly servers: ReadonlyMap<string, string>;
  readonly models: JoinedModels;
}

interface Actor {
  readonly type: NodeType;
  readonly name: string;
  readonly provider: string;
}

interface Traffic {
  errors: number;
  readonly durations: number[];
  usage: Usage;
}

/** The calls of a run, each once however often it was sent or told: a step whose actor differs from that of the step above. Steps without an actor of their own belong to the one above. */
export interface GraphCall {
  readonly node: RunNode;
  readonly source: Actor;
  readonly target: Actor;
}

export function graphCalls(tree: RunTree, names: GraphNames): GraphCall[] {
  const actors = new Map<RunNode, Actor>();
  const calls: GraphCall[] = [];
  const reported = toldBefore(stepsOf(tree));
  const actorAt = (node: RunNode): Actor | undefined => ownActor(tree, node, names);
  const entry: Actor = { type: 'entry', name: stepsOf(tree)[0]?.service ?? '', provider: '' };
  // A parent may come later than its child where clocks disagree, so actors are looked up from the top.
  const actorOf = (node: RunNode | undefined): Actor => {
    const chain: RunNode[] = [];
    let at = node;
    while (at !== undefined && !actors.has(at)) {
      chain.push(at);
      at = parentStep(tree, at);
    }
    for (const each of chain.toReversed()) {
      const above = parentStep(tree, each);
      const own = reported.has(each) && isInference(each) ? undefined : actorAt(each);
      actors.set(each, own ?? (above === undefined ? entry : (actors.get(above) ?? entry)));
    }
    return node === undefined ? entry : (actors.get(node) ?? entry);
  };
  for (const node of stepsOf(tree)) {
    const target = actorAt(node);
    if (target === undefined || reported.has(node)) continue;
    const above = parentStep(tree, node);
    const source = actorOf(above);
    const isRepetition =
      above !== undefined && !isInference(node) && idOf(source) === idOf(target) && repeats(above, node);
    if (!isRepetition) calls.push({ node, source, target });
    actorOf(node);
  }
  return calls;
}

/** Spans that tell of a call that another span is here for. What made them made the call. */
function toldBefore(steps: readonly RunNode[]): ReadonlySet<RunNode> {
  const calls = new Set([
    ...modelCalls(steps, inferenceOperations),
    ...onePerId(steps.filter((step) => !isInference(step))),
  ]);
  return new Set(steps.filter((step) => !calls.has(step)));
}

const isInference = ({ operation }: RunNode): boolean => inferenceOperations.includes(operation);

/** A tool that two instrumentations saw; a span of the same agent right inside of it. */
function repeats(above: RunNode, node: RunNode): boolean {
  return above.operation === node.operation && above.tool === node.tool && above.ownAgent === node.ownAgent;
}

/** The name of a span without what it did: `invoke_workflow plan-a-trip` is `plan-a-trip`. */
const bareName = (name: string): string => name.replace(/^(invoke_(agent|workflow)|create_agent) (?=\S)/, '');

function ownActor(tree: RunTree, node: RunNode, { servers, models }: GraphNames): Actor | undefined {
  switch (node.operation) {
    // A step that an agent begins with is that agent.
    case 'step':
      return isAgentAtWork(tree, node) ? { type: 'agent', name: node.ownAgent, provider: '' } : undefined;
    case 'agent':
      if (!isAgentAtWork(tree, node)) return undefined;
      return { type: 'agent', name: node.ownAgent || bareName(node.name), provider: '' };
    case 'workflow':
      return { type: 'agent', name: node.ownAgent || bareName(node.name), provider: '' };
    case 'llm':
    case 'embedding':
    case 'rerank':
      return modelActor(node, listedModel(models, node));
    case 'tool':
      return { type: 'tool', name: node.tool || node.name, provider: '' };
    case 'mcp':
      return { type: 'mcp', name: servers.get(node.spanId) ?? node.service, provider: '' };
    case 'retrieval':
      return { type: 'retrieval', name: servers.get(node.spanId) ?? node.name, provider: '' };
    case 'guardrail':
    case 'evaluator':
    case 'memory':
      return { type: 'other', name: node.name, provider: '' };
    default:
      return undefined;
  }
}

const modelActor = (node: RunNode, { provider, model }: ModelName): Actor => ({
  type: 'model',
  name: model || node.name,
  provider,
});

const idOf = ({ type, name }: Actor): string => `${type}:${name}`;

/** Nodes and edges with their traffic, summed over any number of runs. */
export class AgentGraph {
  readonly #nodes = new Map<string, { readonly actor: Actor; readonly traffic: Traffic }>();
  readonly #edges = new Map<
    string,
    { readonly source: string; readonly target: string; readonly traffic: Traffic }
  >();

  add(tree: RunTree, calls: readonly GraphCall[]): void {
    for (const { node, source, target } of calls) {
      this.#node(source);
      record(this.#node(target), node);
      record(this.#edge(source, target), node);
    }
    this.#addUsage(tree, calls);
  }

  /** What a call used stands at the model and its edge, and at every agent and tool above, once each. */
  #addUsage(tree: RunTree, calls: readonly GraphCall[]): void {
    const callOf = new Map(calls.map((call) => [callKey(call.node), call]));
    for (const node of stepsOf(tree)) {
      if (!node.isCall) continue;
      const usage = usageOfCalls([node]);
      const done = new Set<Traffic>();
      for (let at: RunNode | undefined = node; at !== undefined; at = parentStep(tree, at)) {
        const call = callOf.get(callKey(at));
        if (call === undefined) continue;
        for (const traffic of [this.#node(call.target), this.#edge(call.source, call.target)]) {
          if (done.has(traffic)) continue;
          done.add(traffic);
          traffic.usage = addUsage(traffic.usage, usage);
        }
      }
    }
  }

  #node(actor: Actor): Traffic {
    const known = this.#nodes.get(idOf(actor));
    if (known !== undefined) return known.traffic;
    const traffic = newTraffic();
    this.#nodes.set(idOf(actor), { actor, traffic });
    return traffic;
  }

  #edge(from: Actor, to: Actor): Traffic {
    const [source, target] = [idOf(from), idOf(to)];
    const key = `${source}\0${target}`;
    const known = this.#edges.get(key);
    if (known !== undefined) return known.traffic;
    const traffic = newTraffic();
    this.#edges.set(key, { source, target, traffic });
    return traffic;
  }

  describe(): Pick<RunGraphResponse, 'nodes' | 'edges'> {
    return {
      nodes: [...this.#nodes].map(([id, { actor, traffic }]): AgentGraphNode => ({
        id,
        type: actor.type,
        name: actor.name,
        provider: orNull(actor.provider),
        ...describeTraffic(traffic),
      })),
      edges: [...this.#edges.values()].map(({ source, target, traffic }): AgentGraphEdge => ({
        source,
        target,
        ...describeTraffic(traffic),
      })),
    };
  }
}

function newTraffic(): Traffic {
  return { errors: 0, durations: [], usage: noUsage };
}

function record(traffic: Traffic, node: RunNode): void {
  traffic.durations.push(durationMs(node));
  if (node.status === 'error') traffic.errors += 1;
}

function describeTraffic({ errors, durations, usage }: Traffic): Omit<AgentGraphEdge, 'source' | 'target'> {
  const sorted = durations.toSorted((a, b) => a - b);
  const at = (share: number): number | null => sorted[Math.ceil(sorted.length * share) - 1] ?? null;
  return {
    calls: durations.length,
    errors,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    totalMs: durations.reduce((sum, each) => sum + each, 0),
    ...usage,
  };
}

export function graphPath(tree: RunTree, calls: readonly GraphCall[]): RunGraphResponse['path'] {
  return calls.map(({ node, source, target }) => ({
    spanId: node.spanId,
    source: idOf(source),
    target: idOf(target),
    startOffsetMs: offsetMs(tree, node),
    durationMs: durationMs(node),
    status: node.status,
  }));
}
