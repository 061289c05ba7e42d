import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventStreamParser } from './event-stream.ts';

const text =
  'event: ready\ndata: {"signal":"logs"}\n\n: heartbeat\n\nid: 17\nevent: log\ndata: {"a":1}\ndata: 2\n\n';
const events = [
  { event: 'ready', data: '{"signal":"logs"}' },
  { event: 'log', data: '{"a":1}\n2', id: '17' },
];

it('gives the same events in whatever pieces the text comes', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
      const parser = new EventStreamParser();
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      const read = places.slice(1).flatMap((end, i) => parser.push(text.slice(places[i], end)));
      expect(read).toEqual(events);
    }),
  );
});
