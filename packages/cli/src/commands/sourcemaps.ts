import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  sourceMapBytesMax,
  sourceMapKept,
  sourceMapsDeleted,
  sourceMapsMax,
  sourceMapsResponse,
  sourceMapUnpackedBytesMax,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { chooseAction } from '../arguments/choose-action.ts';
import { badOption } from '../arguments/options.ts';
import type { Command, Invocation } from '../command.ts';
import { type ExitCode, exitCodes, Interrupted } from '../exit-code.ts';
import { counted, formatBytes } from '@sightline/base';

const actions = ['upload', 'list', 'delete'] as const;

export const sourcemapsCommand: Command = {
  name: 'sourcemaps',
  summary: 'Source maps of releases: upload, list, delete. Errors show places of the source by them.',
  positionals: '<upload|list|delete> [folder|release]',
  positionalCount: { min: 1, max: 2 },
  options: {
    release: {
      type: 'string',
      value: 'version',
      about: 'With upload: service.version of the telemetry, or service@version.',
    },
    prefix: {
      type: 'string',
      value: 'address',
      about: 'With upload: what stands before the files; ~/ is any host or folder.',
      initial: '~/',
    },
  },
  details:
    'Takes every .js.map, .mjs.map and .cjs.map below the folder, but none below node_modules. Each stands for the built file\n' +
    'beside it. The server keeps 2,000 maps of a project, 256 MiB packed; the oldest releases go first.',
  examples: [
    { line: 'sightline sourcemaps upload dist --release 1.4.0', about: 'in the pipeline, after the build' },
    {
      line: 'sightline sourcemaps upload dist --release shop@1.4.0 --prefix https://cdn.example.com/assets/',
      about: 'only for this address',
    },
    { line: 'sightline sourcemaps delete 1.3.0', about: 'the maps of a release' },
  ],
  run: async (invocation) => {
    const [word = '', named] = invocation.positionals;
    const action = chooseAction('sourcemaps', actions, word);
    if (action === 'list') return list(invocation);
    if (named === undefined)
      throw badOption(
        `sourcemaps ${action} needs ${action === 'upload' ? 'a folder' : 'a release'}.`,
        `sightline sourcemaps ${action === 'upload' ? 'upload dist --release 1.4.0' : 'delete 1.4.0'}`,
      );
    return action === 'upload' ? upload(invocation, named) : remove(invocation, named);
  },
};

async function list({ client, output }: Invocation): Promise<ExitCode> {
  const answer = await client.get('sourcemaps', {}, sourceMapsResponse);
  if (output.json) output.document(answer);
  else
    for (const { release, files, bytes, uploadedAt } of answer.releases)
      output.line(`${release}  ${files.length} maps, ${formatBytes(bytes)}  ${uploadedAt}`);
  return answer.releases.length === 0 ? exitCodes.notFound : exitCodes.ok;
}

async function remove({ client, output }: Invocation, release: string): Promise<ExitCode> {
  const response = await client.fetch(`/api/v1/sourcemaps?release=${encodeURIComponent(release)}`, {
    method: 'DELETE',
  });
  await client.check(response);
  const answer = sourceMapsDeleted.parse(await response.json());
  if (output.json) output.document(answer);
  else output.line(`${counted(answer.deleted, 'source map')} of ${release} deleted.`);
  return exitCodes.ok;
}

async function upload({ client, options, output, signal }: Invocation, folder: string): Promise<ExitCode> {
  const release = options.text('release');
  if (release === undefined)
    throw badOption(
      'Which release are the source maps of?',
      `sightline sourcemaps upload ${folder} --release 1.4.0`,
    );
  const prefix = (options.text('prefix') ?? '~/').replace(/\/*$/, '/');
  const maps = await findMaps(folder);
  if (maps.length === 0) {
    output.note(`There are no .js.map files below ${folder}. Build with source maps first.`);
    return exitCodes.notFound;
  }
  const dropped = new Set<string>();
  const refused: { file: string; code: string; message: string }[] = [];
  for (const map of maps) {
    if (signal.aborted) throw new Interrupted();
    const file = `${prefix}${map.replace(/\.map$/, '')}`;
    try {
      const packed = await readMap(path.join(folder, map));
      const kept = await client.post(
        'sourcemaps',
        { release, file, map: packed.toString('base64') },
        sourceMapKept,
      );
      for (const each of kept.dropped) dropped.add(each);
    } catch (error) {
      if (!(error instanceof SightlineError) || error.code !== 'bad_source_map') throw error;
      refused.push({ file, code: error.code, message: error.message });
      output.note(output.style.error(`${file}: ${error.message}`));
    }
  }
  const uploaded = maps.length - refused.length;
  if (output.json) output.document({ release, uploaded, refused, dropped: [...dropped] });
  else output.line(`${counted(uploaded, 'source map')} of ${release} uploaded.`);
  if (dropped.size > 0) output.note(`Dropped to make place: ${[...dropped].join(', ')}.`);
  return refused.length === 0 ? exitCodes.ok : exitCodes.failure;
}

/** Paths below the folder, with `/` between their parts. Links are not followed. */
async function findMaps(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw badOption(
      `Cannot read "${folder}": ${error instanceof Error ? error.message : String(error)}.`,
      'Name the folder of the built files.',
    );
  });
  const maps = found
    .filter((entry) => entry.isFile() && /\.[cm]?js\.map$/.test(entry.name))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((file) => !file.split('/').includes('node_modules'))
    .toSorted();
  if (maps.length > sourceMapsMax)
    throw badOption(
      `There are ${maps.length} source maps below "${folder}", and a project keeps ${sourceMapsMax}.`,
      'Name the folder of one built program.',
    );
  return maps;
}

async function readMap(file: string): Promise<Buffer> {
  const packed =
    (await stat(file)).size > sourceMapUnpackedBytesMax
      ? undefined
      : await promisify(gzip)(await readFile(file), { level: 9 });
  if (packed === undefined || packed.byteLength > sourceMapBytesMax)
    throw new SightlineError(
      'bad_source_map',
      `The source map is longer than ${sourceMapUnpackedBytesMax / 2 ** 20} MiB, or than ${sourceMapBytesMax / 2 ** 20} MiB packed.`,
      { hint: 'Split the program, or build without sourcesContent.' },
    );
  return packed;
}
