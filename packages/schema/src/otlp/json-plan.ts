import { type Field, type MessageType } from './message-type.ts';

/** The keys of one message for the JSON reader: found by the hash it computes while it looks for the closing quote. */
export interface JsonPlan {
  readonly type: MessageType;
  readonly slots: readonly (JsonKey | undefined)[];
  /** The size of the last message of this type: a good guess at the room its length needs. */
  expected: number;
  /** The first key of the last message of this type. Senders write the same keys in the same order again and again. */
  first: JsonKey | undefined;
}

export interface JsonKey {
  readonly hash: number;
  readonly text: Uint8Array;
  readonly field: Field;
  readonly child: JsonPlan | undefined;
  readonly enumByName: ReadonlyMap<string, number> | undefined;
  /** The key that followed this one last time. */
  next: JsonKey | undefined;
}

export const hashSeed = 17;

export function hashStep(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

const plans = new Map<MessageType, JsonPlan>();

export function jsonPlan(type: MessageType): JsonPlan {
  const known = plans.get(type);
  if (known !== undefined) return known;
  const slots: (JsonKey | undefined)[] = Array.from({ length: 256 });
  const plan: JsonPlan = { type, slots, expected: 0, first: undefined };
  plans.set(type, plan);
  for (const field of type.fields) {
    // Ours, and never written to JSON: from a client it is an unknown field.
    if (field.name === 'jsonValue') continue;
    const child = field.message && jsonPlan(field.message);
    const enumByName =
      field.enumNames.length > 0 ? new Map(field.enumNames.map((name, number) => [name, number])) : undefined;
    for (const name of new Set([field.name, snakeCase(field.name)])) {
      const text = Buffer.from(name);
      const hash = text.reduce(hashStep, hashSeed);
      let slot = hash & 255;
      while (slots[slot]) slot = (slot + 1) & 255;
      slots[slot] = { hash, text, field, child, enumByName, next: undefined };
    }
  }
  return plan;
}

export function findKey(
  plan: JsonPlan,
  hash: number,
  bytes: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
): JsonKey | undefined {
  for (let slot = hash & 255; ; slot = (slot + 1) & 255) {
    const key = plan.slots[slot];
    if (key === undefined) return undefined;
    if (key.hash === hash && key.text.length === end - start && startsWith(bytes, start, key.text))
      return key;
  }
}

export function startsWith(bytes: Uint8Array, start: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
