/** Vercel AI SDK 7: its own OpenTelemetry integration (`@ai-sdk/otel`) is registered, once, when the program has it. */
import { createRequire } from 'node:module';
import { sayOnce } from '../core/diagnostics.ts';
import { currentRuntime } from '../runtime/runtime.ts';

interface AiSdkGlobals {
  AI_SDK_TELEMETRY_INTEGRATIONS?: object[];
}

const ours = new WeakSet<object>();

/** `from` is a file or URL from which `@ai-sdk/otel` is found: the program's own, so that versions match. */
export function registerAiSdk(from: string): boolean {
  if (currentRuntime() === undefined) return false;
  const integrations = ((globalThis as AiSdkGlobals).AI_SDK_TELEMETRY_INTEGRATIONS ??= []);
  if (integrations.some((each) => ours.has(each) || isOpenTelemetry(each))) return false;
  const integration = lazyIntegration(from);
  ours.add(integration);
  integrations.push(integration);
  return true;
}

export function unregisterAiSdk(): void {
  const registered = (globalThis as AiSdkGlobals).AI_SDK_TELEMETRY_INTEGRATIONS;
  const index = registered?.findIndex((each) => ours.has(each)) ?? -1;
  if (index >= 0) registered?.splice(index, 1);
}

function isOpenTelemetry(integration: object): boolean {
  const { name } = integration.constructor as { name?: string };
  return name?.endsWith('OpenTelemetry') === true;
}

/**
 * Stands for the real integration until the first call: `@ai-sdk/otel` imports the AI SDK, which is still loading when its
 * hook runs, and a program may call a model before the event loop turns. The program's own integration, registered later, wins.
 */
function lazyIntegration(from: string): object {
  let real: object | undefined;
  let failed = false;
  const load = (): object | undefined => {
    const others = (globalThis as AiSdkGlobals).AI_SDK_TELEMETRY_INTEGRATIONS ?? [];
    if (failed || others.some((each) => !ours.has(each) && isOpenTelemetry(each))) return undefined;
    real ??= tryLoad(from);
    failed = real === undefined;
    return real;
  };
  return new Proxy(
    {},
    {
      get: (_target, property) => {
        if (property === 'constructor') return Object;
        const integration = load();
        if (integration === undefined) return undefined;
        const value: unknown = Reflect.get(integration, property);
        return typeof value === 'function' ? (value.bind(integration) as unknown) : value;
      },
      has: (_target, property) => property in (load() ?? {}),
    },
  );
}

function tryLoad(from: string): object | undefined {
  try {
    const { OpenTelemetry } = createRequire(from)('@ai-sdk/otel') as {
      OpenTelemetry: new (options: object) => object;
    };
    return new OpenTelemetry({ tracer: currentRuntime()?.tracerFor('@ai-sdk/otel') });
  } catch (error) {
    sayOnce(
      'ai-sdk',
      `The AI SDK is not traced: install @ai-sdk/otel beside it (${(error as { code?: string }).code ?? String(error)}).`,
    );
    return undefined;
  }
}
