import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEventStream, type ServerSentEvent } from './event-stream.ts';

async function read(text: string, cuts: readonly number[] = []): Promise<ServerSentEvent[]> {
  const bytes = new TextEncoder().encode(text);
  const points = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  async function* chunks() {
    for (let i = 1; i < points.length; i += 1) yield bytes.subarray(points[i - 1], points[i]);
  }
  const events: ServerSentEvent[] = [];
  for await (const event of readEventStream(chunks())) events.push(event);
  return events;
}

const stream =
  ': hello\n\nevent: log\nid: 7\ndata: {"a":\ndata: "é→日"}\n\nretry: 10\n\ndata:bare\r\n\r\ndata: cut off';

test('events, comments, several data lines, and a last event that never ended', async () => {
  expect(await read(stream)).toEqual([
    { event: 'log', data: '{"a":\n"é→日"}', id: '7' },
    { event: 'message', data: 'bare', id: '7' },
  ]);
});

test('where the network cuts the stream does not matter', async () => {
  const whole = await read(stream);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(200), { maxLength: 12 }), async (cuts) => {
      expect(await read(stream, cuts)).toEqual(whole);
    }),
  );
});
