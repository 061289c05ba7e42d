/** Every program of Get started, as it is printed, in a fresh folder: a run comes of it, with model, tokens and cost. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { snippetLanguages } from '../../src/model/snippets/snippet.ts';
import { stacks } from '../../src/model/snippets/stacks.ts';
import { FirstRunStage, packSdk } from './first-run.ts';

/** Their settings are those that the real tools were recorded with: coding-agents.test.ts. */
const codingAgents = ['claude-code', 'codex', 'gemini-cli'];
const programs = stacks
  .filter(({ id }) => !codingAgents.includes(id))
  .flatMap(({ id, snippets }) =>
    snippetLanguages.flatMap((language) => {
      const snippet = snippets[language];
      return snippet === undefined ? [] : [{ id, language, snippet }];
    }),
  );

describe('the programs of Get started', { timeout: 600_000 }, () => {
  let stage: FirstRunStage;
  beforeAll(async () => {
    await packSdk();
    stage = await FirstRunStage.open();
  }, 300_000);
  afterAll(async () => stage.close());

  it.each(programs)('$id, $language: leads to a run with its cost', async ({ snippet }) => {
    const run = await stage.firstRunOf(snippet(stage.to));
    expect(run.models.length).toBeGreaterThan(0);
    expect(run.inputTokens).toBeGreaterThan(0);
    expect(run.outputTokens).toBeGreaterThan(0);
    expect(run.costUsd).toBeGreaterThan(0);
    expect(run.service).toBe('first-agent');
  });
});
