import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** What a page has against it as to accessibility, by rule, once its colours have come to rest; of `rules` alone where given. */
export async function violations(page: Page, rules?: string[]): Promise<string[]> {
  await page.evaluate(transitionsEnded);
  // There are no frames to look into, for which the other mode would open a page of its own.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const found = await (rules === undefined ? axe : axe.withRules(rules)).analyze();
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(' | ')}`,
  );
}

/** In the browser: a frame is drawn, so that what was asked for has begun, and what moves from one style to another has arrived. */
async function transitionsEnded(): Promise<void> {
  await new Promise((drawn) => requestAnimationFrame(drawn));
  const moving = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
  await Promise.allSettled(moving.map(async ({ finished }) => finished));
}
