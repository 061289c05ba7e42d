/** Vercel AI SDK 7: its own OpenTelemetry integration (`@ai-sdk/otel`) is registered, once, when the program has it. */
import { createRequire } from 'node:module';
import { sayOnce } from '../core/diagnostics.ts';
import { currentRuntime } from '../core/runtime.ts';

interface AiSdkGlobals {
  AI_SDK_TELEMETRY_INTEGRATIONS?: { readonly constructor?: { readonly name?: string } }[];
}

const ours = new WeakSet<object>();

/** `from` is a file or URL from which `@ai-sdk/otel` is found: the program's own, so that versions match. */
export function registerAiSdk(from: string): boolean {
  const globals = globalThis as AiSdkGlobals;
  const registered = globals.AI_SDK_TELEMETRY_INTEGRATIONS ?? [];
  if (registered.some((each) => ours.has(each) || (each.constructor?.name ?? '').endsWith('OpenTelemetry')))
    return false;
  const runtime = currentRuntime();
  if (runtime === undefined) return false;
  try {
    const { OpenTelemetry } = createRequire(from)('@ai-sdk/otel') as {
      OpenTelemetry: new (options: object) => object;
    };
    const integration = new OpenTelemetry({ tracer: runtime.tracerFor('@ai-sdk/otel') });
    ours.add(integration);
    (globals.AI_SDK_TELEMETRY_INTEGRATIONS ??= []).push(integration);
    return true;
  } catch (error) {
    sayOnce(
      'ai-sdk',
      `The AI SDK is not traced: install @ai-sdk/otel beside it (${(error as { code?: string }).code ?? String(error)}).`,
    );
    return false;
  }
}

export function unregisterAiSdk(): void {
  const registered = (globalThis as AiSdkGlobals).AI_SDK_TELEMETRY_INTEGRATIONS;
  const index = registered?.findIndex((each) => ours.has(each)) ?? -1;
  if (index >= 0) registered?.splice(index, 1);
}
