import { describe, expect, it } from 'vitest';
import { type Exchange, exchangePrefix, readExchanges, writeExchange } from './exchange.ts';

const asked = { method: 'POST', url: 'https://models.example/v1', request: '{"stream":true}' };
const events = ['data: {"text":"é"}\n\n', 'event: x\r\ndata: 2\r\n\r\n', 'data: [DONE]\n\n'];
const body = events.join('');
const read = (...texts: readonly string[]) =>
  readExchanges(Object.fromEntries(texts.map((text, at) => [`${exchangePrefix}${at}`, text])));

describe('a recorded exchange', () => {
  it.each<[string, Exchange]>([
    ['nothing but a request', asked],
    ['a failure', { ...asked, error: { name: 'Error', message: 'reset' }, durationMs: 3 }],
    ['a body without pieces', { ...asked, status: 200, headers: { 'content-type': 'text/plain' }, body }],
    ['a body that was left out', { ...asked, status: 200, leftOut: 'it is too long', durationMs: 9 }],
    ['no piece at all', { ...asked, status: 204, body: '', chunks: [] }],
    [
      'a piece for each event',
      {
        ...asked,
        status: 200,
        body,
        chunks: events.map((event, at) => [Buffer.byteLength(event), 5 + at * at]),
      },
    ],
    [
      'other pieces',
      {
        ...asked,
        status: 200,
        body,
        chunks: [
          [3, 7],
          [Buffer.byteLength(body) - 3, 7],
        ],
      },
    ],
  ])('is read as it was written: %s', (_what, exchange) => {
    expect(read(writeExchange(exchange))).toEqual([exchange]);
  });

  it('says the sizes of its pieces only where they are not its events', () => {
    const chunks = events.map((event): [number, number] => [Buffer.byteLength(event), 1]);
    expect(writeExchange({ ...asked, body, chunks })).toContain('"gaps":[1,0,0]}');
    expect(writeExchange({ ...asked, body, chunks: [[Buffer.byteLength(body), 1]] })).toContain('"sizes":[');
  });

  it('is passed over where it is none', () => {
    const good = writeExchange(asked);
    expect(read('{', '[]', '{"method":"GET","url":"nowhere"}', good)).toEqual([asked]);
  });

  it('is passed over where its pieces are no numbers', () => {
    const odd = (answer: unknown) => JSON.stringify({ ...asked, 'sightline.answer': answer });
    expect(
      read(odd(null), odd({ gaps: 'x' }), odd({ gaps: ['x'], sizes: [1] }), odd({ gaps: [1], sizes: 3 })),
    ).toEqual([]);
  });
});
