import { chargeInvoice } from './billing.ts';
import { codeTogether } from './coding.ts';
import type { Scenario } from './scenario.ts';
import { codeReviewScenarios } from './scenarios/code-review.ts';
import { researchScenarios } from './scenarios/research.ts';
import { supportScenarios } from './scenarios/support.ts';
import { browse, converse } from './web-api.ts';
import type { World } from './world.ts';

const scenarios: readonly Scenario[] = [...supportScenarios, ...researchScenarios, ...codeReviewScenarios];

/** What comes in, and how often against the rest. */
const kinds: readonly { readonly weight: number; readonly begin: (world: World) => Promise<void> }[] = [
  { weight: 34, begin: async (world) => converse(world, world.random.weighted(scenarios)) },
  { weight: 56, begin: browse },
  { weight: 10, begin: chargeInvoice },
];

/** Coding sessions that begin, against requests of the shop. */
const codingShare = 0.02;

/** Traffic swells and ebbs by this part of itself, over this time. */
const swell = 0.45;
const swellMs = 17 * 60_000;

export interface Traffic {
  /** Requests begun and not ended. */
  readonly active: number;
  readonly begun: number;
  /** The first mistake in the demo itself, if any. */
  readonly mistake: unknown;
}

/** Lets requests arrive, independently of each other, `rate` a second on average, until the clock stops. */
export function startTraffic(world: World, rate: number): Traffic {
  const traffic = new RunningTraffic();
  const arrive = async (): Promise<void> => {
    for (;;) {
      const wave = 1 + swell * Math.sin((world.clock.storyMs() / swellMs) * 2 * Math.PI);
      await world.clock.sleep(world.random.arrivalMs(rate * wave));
      if (world.clock.stopping) return;
      traffic.begin(world.random.weighted(kinds).begin(world));
    }
  };
  const code = async (): Promise<void> => {
    for (;;) {
      await world.clock.sleep(world.codingRandom.arrivalMs(rate * codingShare));
      if (world.clock.stopping) return;
      traffic.begin(codeTogether(world));
    }
  };
  void arrive();
  void code();
  return traffic;
}

const visitsOfOnce = 24;
const invoicesOfOnce = 4;
const sessionsOfOnce = 2;

/** Every scenario once, with some of what goes on around them. */
export function startOnce(world: World, spreadMs: number): Traffic {
  const traffic = new RunningTraffic();
  const later = async (begin: () => Promise<void>, random = world.random): Promise<void> => {
    await world.clock.sleep(random.between(0, spreadMs));
    await begin();
  };
  for (const scenario of scenarios) traffic.begin(later(async () => converse(world, scenario)));
  for (let i = 0; i < visitsOfOnce; i += 1) traffic.begin(later(async () => browse(world)));
  for (let i = 0; i < invoicesOfOnce; i += 1) traffic.begin(later(async () => chargeInvoice(world)));
  for (let i = 0; i < sessionsOfOnce; i += 1)
    traffic.begin(later(async () => codeTogether(world, 1), world.codingRandom));
  return traffic;
}

class RunningTraffic implements Traffic {
  active = 0;
  begun = 0;
  mistake: unknown;

  begin(request: Promise<void>): void {
    this.active += 1;
    this.begun += 1;
    request
      .catch((error: unknown) => {
        this.mistake ??= error;
      })
      .finally(() => {
        this.active -= 1;
      })
      .catch(() => {});
  }
}
