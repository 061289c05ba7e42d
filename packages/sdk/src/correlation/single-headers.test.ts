import { describe, expect, it } from 'vitest';
import { runProgram } from '../test/run-program.ts';

interface Seen {
  readonly byFunction: Readonly<Record<string, unknown>>;
  readonly byHand: Readonly<Record<string, unknown>>;
  /** Absent where the client takes no list in which a header may be twice. */
  readonly listed?: Readonly<Record<string, unknown>>;
}

describe('headers that are set already', () => {
  it.each(['none', 'before', 'after'])(
    'are sent once by fetch, node:http, node:https and gRPC (an OpenTelemetry of the host: %s)',
    async (host) => {
      const end = await runProgram('single-headers.mjs', { env: { HOST: host } });
      const seen = Object.entries(JSON.parse(end.stdout.trim() || '{}') as Record<string, Seen>);
      expect(seen.map(([client]) => client)).toEqual([
        'fetch',
        'fetch with Headers',
        'fetch of a Request',
        'http',
        'http with a list',
        'http with lists of values',
        'https',
        'grpc',
        'grpc with an interceptor',
      ]);
      for (const [client, { byFunction, byHand, listed }] of seen) {
        const once = { traceparent: 1, 'x-trace-id': 1, 'x-correlation-id': 1, baggage: 1 };
        expect(byFunction, client).toMatchObject({ ...once, id: 'req-124', sameTrace: true });
        expect(byHand, client).toMatchObject({ ...once, id: 'by-hand', comma: false });
        if (client !== 'http' && client !== 'https')
          expect(listed, client).toMatchObject({ ...once, id: 'by-hand', comma: false });
        // The next service's parent is the span of the request, where something traces it.
        if (client.startsWith('fetch')) expect(byFunction['ofCaller'], client).toBe(false);
      }
    },
  );
});
