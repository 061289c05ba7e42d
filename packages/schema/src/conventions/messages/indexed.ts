import type { JsonRecord } from './json.ts';

const stepsMax = 16;

/**
 * Flattened lists as a value again: `llm.input_messages.0.message.role` under the prefix `llm.input_messages` gives
 * `[{message: {role}}]`. Positions need not be dense; entries come in their order. undefined where nothing has the prefix.
 */
export function unflatten(attributes: JsonRecord, prefix: string): unknown {
  const root = new Map<string, unknown>();
  const start = `${prefix}.`;
  for (const key of Object.keys(attributes)) {
    if (!key.startsWith(start)) continue;
    const steps = key.slice(start.length).split('.');
    if (steps.length <= stepsMax) put(root, steps, attributes[key]);
  }
  return root.size === 0 ? undefined : settled(root);
}

function put(root: Map<string, unknown>, steps: readonly string[], value: unknown): void {
  let node = root;
  for (const step of steps.slice(0, -1)) {
    const next = node.get(step);
    if (next instanceof Map) {
      node = next;
      continue;
    }
    const made = new Map<string, unknown>();
    node.set(step, made);
    node = made;
  }
  const last = steps.at(-1) ?? '';
  if (!(node.get(last) instanceof Map)) node.set(last, value);
}

/** Maps whose keys are all numbers become lists. */
function settled(value: unknown): unknown {
  if (!(value instanceof Map)) return value;
  const entries = [...(value as Map<string, unknown>)].map(([key, each]) => [key, settled(each)] as const);
  if (!entries.every(([key]) => /^\d{1,9}$/.test(key))) return Object.fromEntries(entries);
  return entries.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, each]) => each);
}
