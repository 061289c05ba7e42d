/**
 * Instruments client libraries as they load, without code in the program. Node's synchronous module hooks see ES modules and
 * CommonJS alike; a line appended to the one source file that defines the class hands the class over, whatever version it is.
 */
import { registerHooks } from 'node:module';
import { guard } from '../core/diagnostics.ts';
import { findKnownModule, knownModules } from './known-modules.ts';

const hookSymbol = 'sightline.sdk.module-loaded';
let installed = false;

/** Idempotent. For modules that load from now on; see loaded-modules.ts for those before. */
export function installModuleHooks(): void {
  if (installed || typeof registerHooks !== 'function') return;
  installed = true;
  (globalThis as { [key: symbol]: unknown })[Symbol.for(hookSymbol)] = (
    key: string,
    loaded: unknown,
    url: string,
  ) => instrumentModule(key, loaded, url);
  registerHooks({
    load: (url, context, nextLoad) => {
      const result = nextLoad(url, context);
      const found = findKnownModule(url);
      const { source } = result;
      if (found === undefined || source === null || source === undefined) return result;
      const {
        key,
        known: { className },
      } = found;
      const text = typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString('utf8');
      return { ...result, source: text + announcement(key, className, url) };
    },
  });
}

/** `loaded` is the class or function the table names. */
export function instrumentModule(key: string, loaded: unknown, url: string): void {
  guard(`instrumenting ${key}`, () => {
    const { prototype } = (loaded ?? { prototype: {} }) as { prototype: object };
    knownModules[key]?.loaded(prototype, url, loaded ?? {});
  });
}

function announcement(key: string, className: string | undefined, url: string): string {
  const reference =
    className === undefined ? 'undefined' : `typeof ${className} === 'undefined' ? undefined : ${className}`;
  return `\n;globalThis[Symbol.for('${hookSymbol}')]?.(${JSON.stringify(key)}, ${reference}, ${JSON.stringify(url)});\n`;
}
