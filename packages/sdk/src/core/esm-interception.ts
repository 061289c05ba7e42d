/**
 * OpenTelemetry's instrumentations see what is required; what an ES module imports they see only through `import-in-the-middle`,
 * which they come with. It is switched on for the packages that the given instrumentations name, and for nothing else.
 */
import { createRequire, register } from 'node:module';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { guard } from './diagnostics.ts';

interface SyncHooks {
  supportsSyncHooks(): boolean;
  register(options: { readonly include: readonly string[] }): void;
}

let done = false;

/** Once per process, as Node's module hooks cannot be changed afterwards. */
export function interceptEsModules(instrumentations: readonly Instrumentation[]): void {
  const include = [...new Set(instrumentations.flatMap(packagesOf))];
  if (done || include.length === 0) return;
  done = true;
  guard('intercepting ES modules', () => {
    const load = createRequire(import.meta.url);
    const hooks = load('import-in-the-middle/register-hooks.mjs') as SyncHooks;
    if (hooks.supportsSyncHooks()) hooks.register({ include });
    else register('import-in-the-middle/hook.mjs', import.meta.url, { data: { include } });
  });
}

function packagesOf(instrumentation: Instrumentation): string[] {
  const { getModuleDefinitions } = instrumentation as { getModuleDefinitions?: () => { name: string }[] };
  return getModuleDefinitions?.call(instrumentation).map((definition) => definition.name) ?? [];
}
