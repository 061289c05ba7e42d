import type { DemoClock } from './demo-clock.ts';
import type { Exporters } from './exporters.ts';
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';
import { Service } from './service.ts';

/** Everything the actors share. */
export interface World {
  readonly clock: DemoClock;
  readonly random: SeededRandom;
  /** Of the coding agents, so that the rest of the story is the same with and without them. */
  readonly codingRandom: SeededRandom;
  readonly webApi: Service;
  readonly orchestrator: Service;
  readonly retriever: Service;
  readonly vectorDb: Service;
  readonly mcpTools: Service;
  readonly billing: Service;
  /** Of colleagues, each on a machine of their own. It sends no spans. */
  readonly codingAgent: Service;
  /** The gateway is being rolled out: a third of the calls meet the new, slower version. */
  readonly gateways: readonly {
    readonly service: Service;
    readonly weight: number;
    readonly tokenizerMs: number;
  }[];
  readonly services: readonly Service[];
}

export function createWorld(clock: DemoClock, seed: number, exporters: Exporters): World {
  const random = createSeededRandom(seed);
  const codingRandom = createSeededRandom(seed + 1);
  const run = (name: string, version: string, language = 'nodejs', chance = random): Service =>
    new Service(
      { name, version, language, instance: `${name}-${chance.hex(8)}-${chance.hex(5)}` },
      clock,
      exporters,
    );
  const fleet = {
    webApi: run('web-api', '4.12.0'),
    orchestrator: run('agent-orchestrator', '2.8.3'),
    retriever: run('rag-retriever', '1.19.0'),
    vectorDb: run('vector-db', '0.11.2', 'rust'),
    mcpTools: run('mcp-tools', '1.6.0'),
    billing: run('billing-worker', '3.1.4'),
    codingAgent: run('claude-code', '2.1.48', 'nodejs', codingRandom),
  };
  const gateways = [
    { service: run('llm-gateway', '2.3.1'), weight: 65, tokenizerMs: 0 },
    // 2.4.0 counts tokens itself before each call: the regression a comparison of versions should find.
    { service: run('llm-gateway', '2.4.0'), weight: 35, tokenizerMs: 1150 },
  ];
  return {
    clock,
    random,
    codingRandom,
    ...fleet,
    gateways,
    services: [...Object.values(fleet), ...gateways.map(({ service }) => service)],
  };
}

/** What is wrong with the world outside, and comes back: the charts of any half hour show both. */
export interface Weather {
  /** Chance that a model's provider refuses a call for its rate. */
  readonly rateLimit: number;
  /** How much slower the vector database is while it rebuilds its index. */
  readonly vectorSlowdown: number;
}

const cycleMinutes = 20;

/** By the time since the story began and not by the clock on the wall, so that a seed tells the same story at any hour. */
export function weatherAt(storyMs: number): Weather {
  const minute = (storyMs / 60_000) % cycleMinutes;
  return {
    rateLimit: minute >= 1.5 && minute < 4.5 ? 0.55 : 0.02,
    vectorSlowdown: minute >= 14 && minute < 16 ? 14 : 1,
  };
}
