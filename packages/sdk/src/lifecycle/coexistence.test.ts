import { describe, expect, it } from 'vitest';
import { runProgram } from '../test/run-program.ts';

const both = {
  theirs: [
    ['our span', true],
    ['host span', false],
  ],
  ours: [
    ['our span', true],
    ['host span', false],
  ],
};

describe('a program with OpenTelemetry already set up', () => {
  it.each(['before', 'after'])(
    'keeps its exporters, and both see one tree (host set up %s init)',
    async (order) => {
      const end = await runProgram('host-otel.ts', { env: { ORDER: order } });
      const [tree, later] = end.stdout.trim().split('\n');
      expect(JSON.parse(tree ?? '{}'), end.stderr).toEqual(both);
      expect(later).toBe('after our shutdown');
    },
  );

  it.each(['before', 'after'])(
    'with the real NodeSDK and its fetch instrumentation (%s init): every span once in each pipeline',
    async (order) => {
      const end = await runProgram('node-sdk.mjs', { env: { ORDER: order } });
      const spans = [
        'GET < our span',
        'POST < chat gpt-4o',
        'chat gpt-4o < our span',
        'host span < ',
        'our span < host span',
      ];
      expect(JSON.parse(end.stdout.trim() || '{}'), end.stderr).toEqual({ theirs: spans, ours: spans });
    },
  );

  it('works with globals of an older OpenTelemetry API', async () => {
    const end = await runProgram('older-api.ts');
    expect(JSON.parse(end.stdout.trim() || '{}'), end.stderr).toEqual(both);
  });
});
