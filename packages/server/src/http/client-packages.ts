import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { SightlineError } from '@sightline/schema/errors';

/** Paths of what was packed with this server. */
export interface ClientPackages {
  readonly sdk: string;
  readonly cli: string;
}

/** `GET /sdk.tgz` and `/cli.tgz`: `npm install <this server>/sdk.tgz` gives programs the SDK that fits their server, and CI the command. */
export async function clientPackages(app: FastifyInstance, paths: ClientPackages): Promise<void> {
  for (const [name, title] of [
    ['sdk', 'SDK'],
    ['cli', 'command line'],
  ] as const)
    // npm sends no key, and the package holds no data: no project is resolved here. The host must be known as everywhere.
    app.get(`/${name}.tgz`, async (_request, reply) => {
      const found = await stat(paths[name]).catch(() => undefined);
      if (found === undefined)
        throw new SightlineError('not_found', `This server has no packed ${title}.`, {
          hint: 'Start it with `npm start`, which packs it.',
        });
      return reply
        .header('content-length', found.size)
        .header('cache-control', 'no-cache')
        .type('application/gzip')
        .send(createReadStream(paths[name]));
    });
}
