/** Loads a module of src/lazy on first use, synchronously: what most programs never need must not cost every start. */
import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);
const isBuilt = !import.meta.url.endsWith('.ts');

export function loadLazily(name: 'grpc' | 'price-book'): unknown {
  return load(isBuilt ? `./lazy-${name}.cjs` : `../lazy/${name}.ts`);
}
