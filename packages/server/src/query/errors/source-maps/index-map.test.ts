/** Index maps, which some bundlers write: a map for each piece of the built file. */
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { sourceMapReader } from './source-map-reader.ts';

/** Its first mapping is the beginning of the source, its second is ten columns on, in the next line of the source. */
const piece = (source: string) => ({
  version: 3,
  sources: [source],
  names: [],
  mappings: 'AAAA,UACA',
  sourcesContent: ['first\nsecond'],
});

test('each place of the built file is read by the section that it is in', async () => {
  const sections = [
    { offset: { line: 0, column: 5 }, map: piece('a.ts') },
    { offset: { line: 0, column: 100 }, map: piece('b.ts') },
    { offset: { line: 7, column: 0 }, map: piece('c.ts') },
  ];
  const places = [
    [1, 1],
    [1, 6],
    [1, 16],
    [1, 101],
    [1, 111],
    [8, 1],
    [8, 30],
  ] as const;
  const found = await sourceMapReader.read({
    maps: [gzipSync(JSON.stringify({ version: 3, sections }))],
    places: places.map(([line, column]) => ({ map: 0, line, column })),
  });
  expect(found.map((place) => (place === null ? null : `${place.file}:${place.line}`))).toEqual([
    null,
    'a.ts:1',
    'a.ts:2',
    'b.ts:1',
    'b.ts:2',
    'c.ts:1',
    'c.ts:2',
  ]);
  expect(found[4]?.source?.lines).toEqual(['first', 'second']);
});
