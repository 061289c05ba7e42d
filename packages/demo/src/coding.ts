import { ROOT_CONTEXT } from '@opentelemetry/api';
import { models } from './models.ts';
import type { World } from './world.ts';

const people = [
  { email: 'nadia.verhulst@larkfield.example', weight: 4 },
  { email: 'samuel.lindqvist@larkfield.example', weight: 3 },
  { email: 'michael.okafor@larkfield.example', weight: 2 },
] as const;
/** How often a coding agent uses a tool, how long that takes, how often it fails, and whether somebody has to allow it. */
const tools = [
  { name: 'Read', weight: 9, medianMs: 25, fails: 0.02, isAsked: false },
  { name: 'Grep', weight: 6, medianMs: 90, fails: 0.01, isAsked: false },
  { name: 'Edit', weight: 6, medianMs: 40, fails: 0.05, isAsked: true },
  { name: 'Bash', weight: 5, medianMs: 4_200, fails: 0.14, isAsked: true },
  { name: 'Write', weight: 1, medianMs: 45, fails: 0.02, isAsked: true },
] as const;
const chosenModels = [
  { model: models.sonnet, weight: 5 },
  { model: models.haiku, weight: 2 },
] as const;

/** A session of a colleague's coding agent, told as Claude Code tells it: log records that are events, and counts of lines and commits. It ends with the demo. */
export async function codeTogether(world: World, promptsMax = 4): Promise<void> {
  const { codingRandom: random, clock, codingAgent } = world;
  const { email } = random.weighted(people);
  const { model } = random.weighted(chosenModels);
  const uuid = [8, 4, 4, 4, 12].map((digits) => random.hex(digits)).join('-');
  const session = { 'session.id': uuid, 'user.email': email, 'terminal.type': 'vscode' };
  const tell = (event: string, attributes: Record<string, string | number>): void => {
    codingAgent.log(ROOT_CONTEXT, 'INFO', `claude_code.${event}`, {
      ...session,
      'event.name': event,
      ...attributes,
    });
  };
  const count = (name: 'codingLines' | 'codingCommits', value: number, type?: string): void => {
    const labels = { 'user.email': email, ...(type === undefined ? {} : { type }) };
    codingAgent.instruments.count(name, value, labels, ROOT_CONTEXT);
  };
  let seen = random.integer(9_000, 16_000);
  for (let prompts = random.integer(1, promptsMax); prompts > 0 && !clock.stopping; prompts -= 1) {
    tell('user_prompt', { prompt_length: random.integer(20, 700) });
    for (let calls = random.integer(2, 9); calls > 0 && !clock.stopping; calls -= 1) {
      const output = random.integer(60, 900);
      const added = random.integer(80, 2_500);
      const durationMs = model.firstChunkMs + (output / model.tokensPerSecond) * 1_000;
      await clock.sleep(durationMs);
      if (random.chance(0.02)) {
        tell('api_error', { model: model.released, status_code: '529', error: 'Overloaded', attempt: 1 });
        continue;
      }
      const { input, output: perOutput, cacheRead } = model.usdPerMillion;
      tell('api_request', {
        model: model.released,
        input_tokens: added,
        output_tokens: output,
        cache_read_tokens: seen,
        cache_creation_tokens: 0,
        cost_usd: (added * input + output * perOutput + seen * cacheRead) / 1e6,
        duration_ms: Math.round(durationMs),
      });
      seen += added;
      const tool = random.weighted(tools);
      const isAllowed = !tool.isAsked || random.chance(0.93);
      const decision = isAllowed ? 'accept' : 'reject';
      tell('tool_decision', {
        tool_name: tool.name,
        decision,
        source: tool.isAsked ? 'user_temporary' : 'config',
      });
      if (!isAllowed) continue;
      const tookMs = random.latencyMs(tool.medianMs);
      await clock.sleep(tookMs);
      const isDone = !random.chance(tool.fails);
      tell('tool_result', {
        tool_name: tool.name,
        success: String(isDone),
        duration_ms: Math.round(tookMs),
      });
      if (!isDone || !(tool.name === 'Edit' || tool.name === 'Write')) continue;
      count('codingLines', random.integer(1, 60), 'added');
      count('codingLines', random.integer(0, 20), 'removed');
    }
    if (prompts > 1) await clock.sleep(random.between(5_000, 60_000));
  }
  if (random.chance(0.5)) count('codingCommits', 1);
}
