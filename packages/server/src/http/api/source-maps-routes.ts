import {
  sourceMapBytesMax,
  sourceMapInput,
  sourceMapKept,
  sourceMapsDeleted,
  sourceMapsOfRelease,
  sourceMapsResponse,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { deleteSourceMaps, keepSourceMap, listSourceMaps } from '../../catalog/source-maps.ts';
import { timeOf } from '../../checks/describe-checks.ts';
import { sourceMapReader } from '../../query/errors/source-maps/source-map-reader.ts';
import { type ApiRoute, route } from './route-table.ts';

/** Base64 takes four characters for three bytes; what is around it is short. */
const bodyBytesMax = Math.ceil(sourceMapBytesMax / 3) * 4 + 16_384;

/** What built programs are in their source; errors are shown by it. */
export const sourceMapsRoutes: readonly ApiRoute[] = [
  route({
    path: '/sourcemaps',
    summary: 'Releases with source maps, the newest first.',
    tag: 'errors',
    scope: 'read',
    response: sourceMapsResponse,
    answer: async ({ context, sources: { catalog } }) => ({
      releases: (await listSourceMaps(catalog, context.project)).map(({ uploadedAt, ...each }) => ({
        ...each,
        files: [...each.files],
        uploadedAt: timeOf(uploadedAt),
      })),
    }),
  }),
  route({
    method: 'POST',
    path: '/sourcemaps',
    summary:
      'Keeps the source map of a built file of a release. The oldest releases go beyond 2,000 maps or 256 MiB.',
    tag: 'errors',
    scope: 'write',
    body: sourceMapInput,
    bodyBytesMax,
    response: sourceMapKept,
    answer: async ({ context: { project }, sources: { catalog }, body: { release, file, map } }) => {
      const content = Buffer.from(map, 'base64');
      await sourceMapReader.check(content);
      return {
        release,
        file,
        dropped: [...(await keepSourceMap(catalog, { project, release, file, content }))],
      };
    },
  }),
  route({
    method: 'DELETE',
    path: '/sourcemaps',
    summary: 'Deletes the source maps of a release.',
    tag: 'errors',
    scope: 'write',
    query: sourceMapsOfRelease,
    response: sourceMapsDeleted,
    answer: async ({ context: { project }, sources: { catalog }, query: { release } }) => {
      const deleted = await deleteSourceMaps(catalog, { project, release });
      if (deleted === 0)
        throw new SightlineError(
          'not_found',
          `There are no source maps of release ${JSON.stringify(release)}.`,
          {
            hint: 'The releases are listed at /api/v1/sourcemaps.',
          },
        );
      return { deleted };
    },
  }),
];
