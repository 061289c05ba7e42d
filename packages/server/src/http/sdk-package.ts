import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { SightlineError } from '@sightline/schema/errors';

/** `GET /sdk.tgz`: the packed SDK, so that `npm install <this server>/sdk.tgz` gives programs the SDK that fits their server. */
export async function sdkPackage(app: FastifyInstance, { path }: { readonly path: string }): Promise<void> {
  // npm sends no key, and the package holds no data: no project is resolved here. The host must be known as everywhere.
  app.get('/sdk.tgz', async (_request, reply) => {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined)
      throw new SightlineError('not_found', 'This server has no packed SDK.', {
        hint: 'Start it with `npm start`, which packs it.',
      });
    return reply
      .header('content-length', found.size)
      .header('cache-control', 'no-cache')
      .type('application/gzip')
      .send(createReadStream(path));
  });
}
