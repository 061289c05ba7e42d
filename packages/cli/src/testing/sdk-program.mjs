/** What the SDK sends of functions, caches and tags; nothing about it is made up. */
import { getLogger, init, shutdown, traced, trackedCache } from '@sightline/sdk';

init({ serviceName: 'sdk-program', logLevel: 'DEBUG' });
const load = traced(async function load_documents(ms) {
  await new Promise((resolve) => setTimeout(resolve, ms));
});
await load(5);
await load(9);
const cache = trackedCache('embeddings', new Map());
await cache.getOrLoad('a', async () => 1);
await cache.getOrLoad('a', async () => 1);
await cache.get('b');
getLogger('gate').warning('A key was refused', { category: 'SECURITY', tags: ['security', 'auth'] });
await shutdown();
