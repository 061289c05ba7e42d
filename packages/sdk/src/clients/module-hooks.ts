/**
 * Instruments client libraries as they load, without code in the program. Node's synchronous module hooks see ES modules and
 * CommonJS alike; a line appended to the one source file that defines the class hands the class over, whatever version it is.
 */
import Module, { register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { guard } from '../core/diagnostics.ts';
import { findKnownModule, knownModules } from './known-modules.ts';

const hookSymbol = 'sightline.sdk.module-loaded';
let installed = false;
let wantsClients = false;

/** Idempotent. For modules that load from now on; see loaded-modules.ts for those before. */
export function installModuleHooks(withClients: boolean): void {
  wantsClients = withClients;
  if (installed) return;
  installed = true;
  (globalThis as { [key: symbol]: unknown })[Symbol.for(hookSymbol)] = instrumentModule;
  if (hasSoundSyncHooks(process.versions.node)) installSyncHooks();
  else installOlderHooks();
}

/**
 * Before these releases a program with any synchronous load hook fails with ERR_VM_MODULE_LINK_FAILURE when an ES module imports
 * certain CommonJS packages, express among them (nodejs/node#59929).
 */
export function hasSoundSyncHooks(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const since = { 22: [22, 3], 24: [11, 1], 25: [1, 0] }[major];
  if (since === undefined) return major >= 26;
  const [sinceMinor = 0, sincePatch = 0] = since;
  return minor > sinceMinor || (minor === sinceMinor && patch >= sincePatch);
}

function installSyncHooks(): void {
  // Not a named import, which would keep older Nodes from loading this file at all.
  Module.registerHooks({
    load: (url, context, nextLoad) => {
      const result = nextLoad(url, context);
      const { source } = result;
      const found = findKnownModule(url);
      if (found === undefined || source === null || source === undefined) return result;
      const text = typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString('utf8');
      return { ...result, source: text + announcement(found.key, found.known.className, url) };
    },
  });
}

/** The two loaders apart: the asynchronous hooks for ES modules, and the compile step every CommonJS file goes through. */
function installOlderHooks(): void {
  guard('installing module hooks', () => {
    register(`data:text/javascript,${encodeURIComponent(asyncHooks)}`, import.meta.url, {
      data: Object.entries(knownModules).map(([key, { package: name, file, className }]) => ({
        key,
        name,
        file,
        announcement: announcement(key, className, '<url>'),
      })),
    });
    const { prototype } = Module as unknown as { prototype: CompilingModule };
    const { _compile: compile } = prototype;
    prototype._compile = function (this: unknown, content: unknown, filename: string, ...rest: unknown[]) {
      const url = pathToFileURL(filename).href;
      const found = typeof content === 'string' ? findKnownModule(url) : undefined;
      const more = found === undefined ? '' : announcement(found.key, found.known.className, url);
      return compile.call(this, more === '' ? content : `${String(content)}${more}`, filename, ...rest);
    };
  });
}

interface CompilingModule {
  _compile: (this: unknown, content: unknown, filename: string, ...rest: unknown[]) => unknown;
}

/** Runs in Node's loader thread, which shares nothing with this one: the table comes as data, the line to append with it. */
const asyncHooks = `
let known = [];
export function initialize(data) { known = data; }
export async function load(url, context, nextLoad) {
  const result = await nextLoad(url, context);
  if (result.source == null || !url.includes('/node_modules/')) return result;
  const [, name, file] = /^(@[^/]+\\/[^/]+|[^/]+)\\/(.*)$/.exec(url.slice(url.lastIndexOf('/node_modules/') + 14)) ?? [];
  const found = known.find((each) => each.name === name && each.file.test(file));
  if (found === undefined) return result;
  const text = typeof result.source === 'string' ? result.source : Buffer.from(result.source).toString('utf8');
  return { ...result, source: text + found.announcement.replace('<url>', () => url) };
}
`;

/** `loaded` is the class or function the table names. */
export function instrumentModule(key: string, loaded: unknown, url: string): void {
  guard(`instrumenting ${key}`, () => {
    const known = knownModules[key];
    if (!wantsClients && known?.always !== true) return;
    const { prototype } = (loaded ?? { prototype: {} }) as { prototype: object };
    known?.loaded(prototype, url, loaded ?? {});
  });
}

function announcement(key: string, className: string | undefined, url: string): string {
  const reference =
    className === undefined ? 'undefined' : `typeof ${className} === 'undefined' ? undefined : ${className}`;
  return `\n;globalThis[Symbol.for('${hookSymbol}')]?.(${JSON.stringify(key)}, ${reference}, ${JSON.stringify(url)});\n`;
}
