/**
 * OpenTelemetry instrumentations given as objects, or by name: `pg` is `@opentelemetry/instrumentation-pg`, found where the program
 * finds its packages, so that `--import` needs no code for them either.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { SightlineConfigError } from '../core/sdk-error.ts';
import type { EnvironmentReader } from './environment.ts';
import type { InitOptions } from './init-options.ts';

const variable = 'SIGHTLINE_INSTRUMENTATIONS';

export function resolveInstrumentations(options: InitOptions, env: EnvironmentReader): Instrumentation[] {
  const named = (env.text(variable) ?? '').split(',').map((name) => name.trim());
  const wanted = options.instrumentations ?? named.filter((name) => name !== '');
  return wanted.map((each) => (typeof each === 'string' ? loadInstrumentation(each) : each));
}

function loadInstrumentation(name: string): Instrumentation {
  const fullName = name.includes('/') ? name : `@opentelemetry/instrumentation-${name}`;
  const exports = tryRequire(fullName);
  if (exports === undefined) {
    throw new SightlineConfigError(
      `instrumentations (${variable})`,
      `names "${name}", but ${fullName} is not installed`,
      `Run npm install ${fullName}, or leave the name out.`,
    );
  }
  const found = Object.entries(exports).find(
    ([key, value]) => key.endsWith('Instrumentation') && typeof value === 'function',
  );
  if (found === undefined) {
    throw new SightlineConfigError(
      `instrumentations (${variable})`,
      `names "${name}", but ${fullName} has no instrumentation`,
      'Give the name of an OpenTelemetry instrumentation package.',
    );
  }
  return new (found[1] as new () => Instrumentation)();
}

function tryRequire(name: string): Record<string, unknown> | undefined {
  for (const from of [process.argv[1], join(process.cwd(), 'program.js')]) {
    if (from === undefined || !from.startsWith('/')) continue;
    try {
      return createRequire(from)(name) as Record<string, unknown>;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return undefined;
}
