import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBuiltFile } from '../query/errors/source-maps/find-built-file.ts';
import { openCatalog, type Catalog } from './catalog.ts';
import { keepSourceMap, listSourceMaps, sourceMapShelf } from './source-maps.ts';

const project = 'default';
let directory: string;
let catalog: Catalog;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sightline-source-maps-'));
  catalog = await openCatalog({ directory: join(directory, 'catalog') });
}, 60_000);
afterAll(async () => {
  await catalog.close();
  await rm(directory, { recursive: true, force: true });
});

const stored = async (release: string, minutesAgo: number, bytes: number) =>
  catalog.query(
    `INSERT INTO source_maps (project, release, file, bytes, content, uploaded_at)
     VALUES ($1, $2, '~/main.js', $3, '', now() - $4 * interval '1 minute')`,
    [project, release, bytes, minutesAgo],
  );
const releases = async () => (await listSourceMaps(catalog, project)).map(({ release }) => release);

test('bytes come back as they were; beyond the bounds of a project the oldest releases go, never the one that comes', async () => {
  const content = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256);
  const place = { release: '3', file: '~/main.js' };
  await stored('1', 20, 150 * 2 ** 20);
  await stored('2', 10, 100 * 2 ** 20);
  expect(await keepSourceMap(catalog, { project, ...place, content })).toEqual([]);
  const shelf = sourceMapShelf(catalog, project);
  expect(await shelf.list(['3', 'shop@3'])).toEqual([place]);
  expect(Buffer.compare((await shelf.read(place)) ?? Buffer.of(), content)).toBe(0);
  expect(await releases()).toEqual(['3', '2', '1']);

  await stored('2b', 5, 50 * 2 ** 20);
  expect(await keepSourceMap(catalog, { project, ...place, content })).toEqual(['1']);
  expect(await releases()).toEqual(['3', '2b', '2']);

  await catalog.query(`UPDATE source_maps SET bytes = ${300 * 2 ** 20} WHERE release = '2b'`);
  const more = { project, release: '2b', file: '~/more.js', content };
  await expect(keepSourceMap(catalog, more)).rejects.toMatchObject({ code: 'bad_source_map' });
  expect(await shelf.list(['2b'])).toHaveLength(1);
  expect(await sourceMapShelf(catalog, 'another').list(['3'])).toEqual([]);
});

test('a built file is found below any host and folder, the longest name first, but not in a library', () => {
  const names = ['~/main.js', '~/assets/main.js', 'https://cdn.example/a/main.js'];
  expect(findBuiltFile('https://shop.example/assets/main.js?v=2', names)).toBe('~/assets/main.js');
  expect(findBuiltFile('C:\\srv\\assets\\main.js', names)).toBe('~/assets/main.js');
  expect(findBuiltFile('/srv/app/main.js', names)).toBe('~/main.js');
  expect(findBuiltFile('https://cdn.example/a/main.js', names)).toBe('https://cdn.example/a/main.js');
  expect(findBuiltFile('/srv/domain.js', names)).toBeUndefined();
  expect(findBuiltFile('/srv/node_modules/library/main.js', names)).toBeUndefined();
  expect(findBuiltFile('node:internal/main', names)).toBeUndefined();
});
