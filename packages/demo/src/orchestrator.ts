import type { Context } from '@opentelemetry/api';
import { agents } from './agents.ts';
import { createFailure } from './failures.ts';
import { callModel, type Message, type MessagePart, type ModelUse } from './model-call.ts';
import { models } from './models.ts';
import { drawPhoto, type PhotoId } from './photos.ts';
import { retrieve } from './retrieval.ts';
import type {
  Agent,
  AgentId,
  DelegateStep,
  Evaluation,
  GuardStep,
  PlanStep,
  Step,
  ToolsStep,
} from './scenario.ts';
import { DemoFailure } from './service.ts';
import { listTools, runTool } from './tool-server.ts';
import type { World } from './world.ts';

export interface AgentTask {
  readonly agent: AgentId;
  readonly conversationId: string;
  readonly userId: string;
  /** What was said before; grows with this task. */
  readonly messages: Message[];
  readonly request: string;
  readonly photo?: PhotoId | undefined;
  readonly steps: readonly Step[];
  readonly answer: string;
  readonly apology?: string | undefined;
  readonly evaluations?: readonly Evaluation[] | undefined;
  readonly stream: boolean;
  /** The first task of a conversation: the client of the tools begins with it. */
  readonly opens?: boolean;
}

/** An agent at work: it thinks, acts, reads what came of it, and thinks again, until it answers. */
export async function invokeAgent(world: World, context: Context, task: AgentTask): Promise<ModelUse> {
  const agent = agents[task.agent];
  const { orchestrator } = world;
  return orchestrator.span(
    context,
    `invoke_agent ${agent.name}`,
    {
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.name': agent.name,
        'gen_ai.agent.id': agent.id,
        'gen_ai.agent.version': agent.version,
        'gen_ai.agent.description': agent.description,
        'gen_ai.conversation.id': task.conversationId,
        'user.id': task.userId,
      },
    },
    async (inside) => {
      orchestrator.log(inside, 'INFO', `${agent.name} takes on: ${task.request.slice(0, 120)}`, {
        'code.function.name': 'AgentLoop.run',
        category: 'AGENT',
        'gen_ai.agent.name': agent.name,
      });
      if (task.opens) await listTools(world, inside);
      const run = new AgentRun(world, inside, task, agent);
      await run.work();
      for (const evaluation of task.evaluations ?? []) recordEvaluation(world, inside, evaluation);
      return run.use();
    },
  );
}

class AgentRun {
  readonly #world: World;
  readonly #context: Context;
  readonly #task: AgentTask;
  readonly #agent: Agent;
  #seenTokens = 0;
  #failed = false;
  #use: ModelUse = { inputTokens: 0, outputTokens: 0, costUsd: 0 };

  constructor(world: World, context: Context, task: AgentTask, agent: Agent) {
    this.#world = world;
    this.#context = context;
    this.#task = task;
    this.#agent = agent;
    const words = text('user', task.request);
    task.messages.push(
      task.photo === undefined ? words : { ...words, parts: [...words.parts, photoPart(task.photo)] },
    );
  }

  use(): ModelUse {
    return this.#use;
  }

  async work(): Promise<void> {
    for (const step of this.#task.steps) await this.#take(step);
    const answer = this.#failed ? (this.#task.apology ?? this.#task.answer) : this.#task.answer;
    await this.#think([{ type: 'text', content: answer }], { stream: this.#task.stream, purpose: 'answer' });
  }

  async #take(step: Step): Promise<void> {
    switch (step.do) {
      case 'plan':
        return this.#plan(step);
      case 'guard':
        return this.#guard(step);
      case 'retrieve': {
        await retrieve(this.#world, this.#context, step);
        const passages = step.documents.map(({ id, content }) => `[${id}] ${content}`).join('\n');
        this.#task.messages.push(text('system', `Passages found in ${step.source}:\n${passages}`));
        return;
      }
      case 'tools':
        return this.#useTools(step);
      case 'delegate':
        return this.#delegate(step);
    }
  }

  /** One call to the model. When its provider stays rate limited, another provider's model stands in. */
  async #think(
    parts: readonly MessagePart[],
    {
      stream = false,
      context = this.#context,
      purpose,
    }: { stream?: boolean; context?: Context; purpose: 'answer' | 'act' | 'plan' | 'delegate' },
  ): Promise<void> {
    const { orchestrator, random } = this.#world;
    const answer: Message = { role: 'assistant', parts };
    const call = {
      agent: this.#agent,
      conversationId: this.#task.conversationId,
      messages: [...this.#task.messages],
      answer,
      stream,
      prompt: `${this.#agent.name}/${purpose}`,
      seenTokens: this.#seenTokens,
    };
    let use: ModelUse;
    try {
      use = await callModel(this.#world, context, call);
    } catch (error) {
      if (!(error instanceof DemoFailure)) throw error;
      orchestrator.logFailure(context, `${models[this.#agent.model].name} does not answer`, error, {
        'code.function.name': 'AgentLoop.think',
      });
      if (random.chance(0.35)) throw createFailure('upstreamExhausted');
      orchestrator.log(context, 'WARN', `falling back to ${models.gptMini.name}`, {
        'code.function.name': 'ModelClient.fallBack',
        'gen_ai.request.model': models.gptMini.name,
      });
      use = await callModel(this.#world, context, { ...call, seenTokens: 0, model: models.gptMini });
    }
    this.#task.messages.push(answer);
    this.#seenTokens = use.inputTokens;
    this.#use = addUse(this.#use, use);
  }

  async #plan({ plan, thinks }: PlanStep): Promise<void> {
    const { orchestrator, random, clock } = this.#world;
    await orchestrator.span(
      this.#context,
      `plan ${this.#agent.name}`,
      { attributes: { 'gen_ai.operation.name': 'plan', 'gen_ai.agent.name': this.#agent.name } },
      async (inside, span) => {
        await this.#think([...reasoning(thinks), { type: 'text', content: JSON.stringify({ plan }) }], {
          context: inside,
          purpose: 'plan',
        });
        if (random.chance(0.1)) {
          const failure = createFailure('badJson');
          orchestrator.logFailure(inside, 'the plan is not JSON; asking again', failure, {
            'code.function.name': 'AgentLoop.readPlan',
          });
          orchestrator.event(span, 'plan.unreadable', { 'error.type': failure.failure.type });
          this.#task.messages.push(
            text('user', 'Your plan was not valid JSON. Answer with the JSON object only.'),
          );
          await this.#think([{ type: 'text', content: JSON.stringify({ plan }) }], {
            context: inside,
            purpose: 'plan',
          });
        }
        await clock.sleep(random.latencyMs(4));
        span.setAttribute('plan.steps', plan.length);
      },
    );
  }

  async #guard({ name, on, blocks }: GuardStep): Promise<void> {
    const { orchestrator, clock, random } = this.#world;
    await orchestrator.span(
      this.#context,
      `guardrail ${name}`,
      {
        attributes: {
          'gen_ai.operation.name': 'guardrail',
          'gen_ai.guardrail.name': name,
          'guardrail.checks': on,
        },
      },
      async (inside, span) => {
        await clock.sleep(random.latencyMs(28));
        if (blocks !== undefined && random.chance(blocks.chance)) {
          const failure = createFailure(blocks.as);
          span.setAttribute('guardrail.triggered', true);
          orchestrator.logFailure(inside, 'the answer was withheld', failure, {
            category: 'SECURITY',
            'code.function.name': 'OutputGuard.check',
          });
          throw failure;
        }
        span.setAttribute('guardrail.triggered', false);
      },
    );
  }

  async #useTools({ calls, say, thinks }: ToolsStep): Promise<void> {
    const { random } = this.#world;
    const asked = calls.map((call) => ({ call, id: `call_${random.hex(16)}` }));
    await this.#think(
      [
        ...reasoning(thinks),
        ...(say === undefined ? [] : [{ type: 'text' as const, content: say }]),
        ...asked.map(({ call, id }) => ({
          type: 'tool_call' as const,
          id,
          name: call.tool,
          arguments: call.arguments,
        })),
      ],
      { purpose: 'act' },
    );
    const results = await Promise.all(asked.map(async ({ call, id }) => this.#tryTool(call, id)));
    this.#task.messages.push({ role: 'tool', parts: results });
  }

  /** A tool that fails twice does not stop the agent: it is told, and says so. */
  async #tryTool(call: ToolsStep['calls'][number], id: string): Promise<MessagePart> {
    try {
      return {
        type: 'tool_call_response',
        id,
        response: await runTool(this.#world, this.#context, call, id),
      };
    } catch (error) {
      if (!(error instanceof DemoFailure)) throw error;
      this.#failed = true;
      return {
        type: 'tool_call_response',
        id,
        response: { error: error.failure.type, message: error.message },
      };
    }
  }

  async #delegate({ to }: DelegateStep): Promise<void> {
    const { random } = this.#world;
    const parts = to.map(({ agent, task }) => ({
      type: 'tool_call' as const,
      id: `call_${random.hex(16)}`,
      name: `ask_${agents[agent].name.replaceAll('-', '_')}`,
      arguments: { task },
    }));
    await this.#think(parts, { purpose: 'delegate' });
    const uses = await Promise.all(
      to.map(async ({ agent, task, steps, answer }) =>
        invokeAgent(this.#world, this.#context, {
          agent,
          steps,
          answer,
          request: task,
          conversationId: this.#task.conversationId,
          userId: this.#task.userId,
          messages: [],
          stream: false,
        }),
      ),
    );
    for (const use of uses) this.#use = addUse(this.#use, use);
    this.#task.messages.push({
      role: 'tool',
      parts: to.map(({ answer }, index) => ({
        type: 'tool_call_response',
        id: parts[index]?.id ?? '',
        response: answer,
      })),
    });
  }
}

/** As the GenAI conventions have it: a log record of its own, joined to the span it judges. */
function recordEvaluation({ orchestrator, random }: World, context: Context, evaluation: Evaluation): void {
  const {
    score: usual,
    label,
    explanation,
  } = evaluation.orElse !== undefined && random.chance(evaluation.orElse.chance)
    ? evaluation.orElse
    : evaluation;
  const score = Math.max(0, Math.min(1, usual + random.between(-0.06, 0.03)));
  orchestrator.log(
    context,
    'INFO',
    `${evaluation.name} ${score.toFixed(2)}: ${explanation}`,
    {
      'gen_ai.evaluation.name': evaluation.name,
      'gen_ai.evaluation.score.value': Math.round(score * 100) / 100,
      'gen_ai.evaluation.score.label': label,
      'gen_ai.evaluation.explanation': explanation,
    },
    'gen_ai.evaluation.result',
  );
}

function text(role: 'user' | 'assistant' | 'system', content: string): Message {
  return { role, parts: [{ type: 'text', content }] };
}

function photoPart(photo: PhotoId): MessagePart {
  return { type: 'blob', modality: 'image', mime_type: 'image/png', content: drawPhoto(photo) };
}

function reasoning(thought: string | undefined): readonly MessagePart[] {
  return thought === undefined ? [] : [{ type: 'reasoning', content: thought }];
}

function addUse(a: ModelUse, b: ModelUse): ModelUse {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costUsd: a.costUsd + b.costUsd,
  };
}
