import { describe, expect, it } from 'vitest';
import { findKnownModule } from './known-modules.ts';
import { hasSoundSyncHooks } from './module-hooks.ts';

describe('module hooks', () => {
  it("take Node's synchronous ones only where they are sound", () => {
    const sound = ['22.22.3', '22.23.0', '24.11.1', '24.21.0', '25.1.0', '26.0.0', '27.1.0'];
    const unsound = ['22.15.0', '22.22.2', '23.11.0', '24.0.0', '24.11.0', '25.0.1'];
    expect(sound.filter((version) => !hasSoundSyncHooks(version))).toEqual([]);
    expect(unsound.filter((version) => hasSoundSyncHooks(version))).toEqual([]);
  });

  it('know a package in any folder, by its own name', () => {
    const key = (path: string) => findKnownModule(`file:///app/node_modules/${path}`)?.key;
    expect(key('openai/resources/embeddings.mjs')).toBe('openaiEmbeddings');
    expect(key('.pnpm/openai@7.0.0/node_modules/openai/resources/embeddings.js')).toBe('openaiEmbeddings');
    expect(key('@anthropic-ai/sdk/resources/messages/messages.mjs')).toBe('anthropic');
    expect(key('other/resources/embeddings.mjs')).toBeUndefined();
    expect(key('ai/dist/index.mjs')).toBe('ai');
    expect(key('openai')).toBeUndefined();
    expect(findKnownModule('file:///app/openai/resources/embeddings.mjs')).toBeUndefined();
    const here = new URL('../../../../node_modules/openai-6/resources/embeddings.mjs', import.meta.url);
    expect(findKnownModule(here.href)?.key).toBe('openaiEmbeddings');
  });
});
