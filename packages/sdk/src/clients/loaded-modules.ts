/**
 * Instruments client libraries that were loaded before `init`: in an ES module every import is, whatever the order of the lines.
 * CommonJS keeps its modules in a cache anyone can read. ES modules have none, so V8 is asked which scripts it has, some 40 ms, and
 * only when the program is an ES module and one of the packages is installed. `require` of an ES module that is loaded answers with
 * that very module, and evaluates it first when its turn has not come yet.
 */
import { existsSync } from 'node:fs';
import type Inspector from 'node:inspector';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { guard, sayOnce } from '../core/diagnostics.ts';
import { findKnownModule, knownModules, type KnownModule } from './known-modules.ts';
import { instrumentModule } from './module-hooks.ts';

const load = createRequire(import.meta.url);

export function instrumentLoadedModules(withClients: boolean): void {
  guard('looking for loaded client libraries', () => {
    const cached = new Set<string>();
    for (const [path, module] of Object.entries(load.cache)) {
      const url = pathToFileURL(path).href;
      cached.add(url);
      const found = findKnownModule(url);
      if (found !== undefined && module !== undefined)
        instrumentModule(found.key, exportOf(module.exports, found.known), url);
    }
    if (!withClients || load.main !== undefined || !isAnyInstalled()) return;
    for (const url of loadedScripts()) {
      const found = cached.has(url) ? undefined : findKnownModule(url);
      if (found !== undefined) instrumentEsModule(url, found.key, found.known);
    }
  });
}

function instrumentEsModule(url: string, key: string, known: KnownModule): void {
  try {
    instrumentModule(key, exportOf(load(new URL(url).pathname), known), url);
  } catch {
    // It is being evaluated right now, and is there in a moment.
    import(url).then(
      (namespace: unknown) => instrumentModule(key, exportOf(namespace, known), url),
      (error: unknown) => sayOnce(`loaded:${url}`, `${url} cannot be instrumented: ${String(error)}`),
    );
  }
}

function exportOf(exports: unknown, known: KnownModule): unknown {
  return known.className === undefined ? undefined : (exports as Record<string, unknown>)[known.className];
}

/** Whether the program could have loaded any of the packages: looked up beside its main file and in its working directory. */
function isAnyInstalled(): boolean {
  const names = [
    ...new Set(
      Object.values(knownModules)
        .filter((known) => known.always !== true)
        .map((known) => known.package),
    ),
  ];
  const bases = [process.argv[1], join(process.cwd(), 'x')].filter((base) => base !== undefined);
  const folders = new Set(
    bases.flatMap((base) => createRequire(pathToFileURL(base)).resolve.paths('x') ?? []),
  );
  return [...folders].some((folder) => names.some((name) => existsSync(join(folder, name))));
}

function loadedScripts(): string[] {
  const { Session } = load('node:inspector') as typeof Inspector;
  const session = new Session();
  session.connect();
  try {
    const urls: string[] = [];
    session.on('Debugger.scriptParsed', ({ params: { url } }) => {
      if (url.startsWith('file:')) urls.push(url);
    });
    // Reports every script there is before it returns.
    session.post('Debugger.enable');
    session.post('Debugger.disable');
    return urls;
  } finally {
    session.disconnect();
  }
}
