/**
 * Turns any value into a bounded JSON text: never throws, never reads more than it keeps, survives cycles, throwing getters,
 * proxies, class instances and binary data. With a mask, sensitive keys and texts are masked on the way.
 */
import { types } from 'node:util';
import { maskArguments } from './command-secrets.ts';
import { defineSafely } from './define-safely.ts';
import { maskNumber, type MaskText } from './mask-text.ts';
import { freeName, isNamedBefore, isNamedBeside } from './named-values.ts';
import { placeholder } from './placeholder.ts';

export interface CaptureLimits {
  readonly charactersMax: number;
  readonly depthMax?: number;
  readonly itemsMax?: number;
}

export function captureValue(value: unknown, limits: CaptureLimits, mask: MaskText | undefined): string {
  try {
    const simple = simpleText(value, mask);
    if (simple !== undefined && simple.length <= limits.charactersMax) return simple;
    const writer = new BoundedWriter(limits, mask);
    if (typeof value === 'string') {
      return boundText(maskStart(value, limits.charactersMax, mask), limits.charactersMax);
    }
    return boundText(JSON.stringify(writer.plain(value, 0)) ?? 'undefined', limits.charactersMax);
  } catch {
    return '"[unreadable]"';
  }
}

/** What most arguments are, a number or a few, without the walk; undefined for anything else. */
function simpleText(value: unknown, mask: MaskText | undefined): string | undefined {
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number' && Number.isFinite(value))
    return mask === undefined || value < 1e12 ? String(value) : undefined;
  if (typeof value !== 'object' || !Array.isArray(value) || value.length > 8) return undefined;
  if (mask !== undefined && maskArguments(value) !== value) return undefined;
  let text = '[';
  for (let index = 0; index < value.length; index++) {
    const item: unknown = value[index];
    if (mask !== undefined && isNamedBefore(value, index, mask.isSensitiveKey)) return undefined;
    const one =
      typeof item === 'string' && item.length <= 200
        ? JSON.stringify(mask === undefined ? item : mask(item))
        : typeof item === 'object'
          ? undefined
          : simpleText(item, mask);
    if (one === undefined) return undefined;
    text += index === 0 ? one : `,${one}`;
  }
  return `${text}]`;
}

/** The same as a plain value instead of text: for loggers that serialise themselves. Never throws. */
export function boundedPlain(value: unknown, limits: CaptureLimits, mask: MaskText | undefined): unknown {
  try {
    return new BoundedWriter(limits, mask).plain(value, 0);
  } catch {
    return '[unreadable]';
  }
}

export function boundText(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  const kept = text.slice(0, Math.max(charactersMax - 20, 0)).replace(/[\ud800-\udbff]$/, '');
  return `${kept}… [${text.length} characters]`.slice(0, Math.max(charactersMax, 1));
}

/**
 * The start of a text, masked, at least as far as it is kept. A secret at the cut is half there and does not look like one: where
 * the masked text is shorter than what is kept, its last words go.
 */
function maskStart(text: string, charactersMax: number, mask: MaskText | undefined): string {
  if (mask === undefined) return text.slice(0, charactersMax * 2);
  if (text.length <= charactersMax * 2) return mask(text);
  const masked = mask(text.slice(0, charactersMax * 2));
  if (masked.length > charactersMax + longestSpaced) return masked;
  return `${masked.slice(0, -longestSpaced).replace(/\S+$/, '')}…`;
}
/** An IBAN or a card in groups is not longer. */
const longestSpaced = 48;

class BoundedWriter {
  readonly #limits: CaptureLimits;
  readonly #mask: MaskText | undefined;
  readonly #path = new Set<object>();
  #left: number;

  constructor(limits: CaptureLimits, mask: MaskText | undefined) {
    this.#limits = limits;
    this.#mask = mask;
    this.#left = limits.charactersMax;
  }

  /** A copy made of plain JSON values only, not larger than the limits. */
  plain(value: unknown, depth: number): unknown {
    if (this.#left <= 0) return '…';
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        this.#left -= 8;
        if (!Number.isFinite(value)) return String(value);
        return this.#mask === undefined ? value : maskNumber(value, this.#mask);
      case 'boolean':
        this.#left -= 5;
        return value;
      case 'bigint':
        return this.#text(`${value}`);
      case 'symbol':
        return this.#text(value.toString());
      case 'function':
        return this.#text(`[Function ${functionName(value)}]`);
      case 'undefined':
        return undefined;
      default:
        return value === null ? null : this.#object(value as object, depth);
    }
  }

  #text(text: string): string {
    const cut = boundText(maskStart(text, this.#left, this.#mask), Math.max(this.#left, 1));
    this.#left -= cut.length + 2;
    return cut;
  }

  #object(value: object, depth: number): unknown {
    if (this.#path.has(value)) return '[Circular]';
    if (depth >= (this.#limits.depthMax ?? 8)) return Array.isArray(value) ? '[Array]' : '[Object]';
    this.#path.add(value);
    try {
      return this.#special(value, depth) ?? this.#record(value, depth);
    } catch {
      return '[unreadable]';
    } finally {
      this.#path.delete(value);
    }
  }

  /** Values with a shorter truth than their properties. */
  #special(value: object, depth: number): unknown {
    if (types.isProxy(value)) return this.#record(value, depth);
    if (Array.isArray(value)) return this.#list(value, depth);
    if (types.isDate(value)) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (value instanceof Error) {
      return this.#record(Object.assign({}, value, { name: value.name, message: value.message }), depth);
    }
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value))
      return `[binary ${value.byteLength} bytes]`;
    if (types.isMap(value)) return this.#record(Object.fromEntries(take(value, this.#itemsMax())), depth);
    if (types.isSet(value)) return this.#list([...take(value, this.#itemsMax())], depth);
    if (types.isPromise(value)) return '[Promise]';
    if (types.isRegExp(value)) return this.#text(String(value));
    // A boxed text has its characters as properties, one by one.
    if (types.isBoxedPrimitive(value)) return this.plain(value.valueOf(), depth);
    if (value instanceof URL) return this.#text(value.href);
    return undefined;
  }

  #list(list: readonly unknown[], depth: number): unknown[] {
    const items = this.#mask === undefined ? list : maskArguments(list);
    const kept: unknown[] = [];
    const max = this.#itemsMax();
    for (let index = 0; index < items.length && index < max && this.#left > 0; index++) {
      const isSecret = this.#mask !== undefined && isNamedBefore(items, index, this.#mask.isSensitiveKey);
      kept.push(isSecret ? placeholder('secret') : this.plain(items[index], depth + 1));
    }
    if (kept.length < items.length) kept.push(`… ${items.length - kept.length} more`);
    return kept;
  }

  #record(value: object, depth: number): unknown {
    const toJson: unknown = tryGet(value, 'toJSON');
    if (typeof toJson === 'function') return this.plain((toJson as () => unknown).call(value), depth + 1);
    const copy: Record<string, unknown> = {};
    const mask = this.#mask;
    const besideName: unknown = tryGet(value, 'name') ?? tryGet(value, 'key');
    const keys = Object.keys(value);
    const max = this.#itemsMax();
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index] ?? '';
      if (index >= max || this.#left <= 0) {
        copy['…'] = `${keys.length - index} more`;
        break;
      }
      this.#left -= key.length + 4;
      const item: unknown = tryGet(value, key);
      const hidden =
        mask !== undefined &&
        (mask.isSensitiveKey(key) || isNamedBeside(key, besideName, mask.isSensitiveKey)) &&
        item !== null &&
        item !== undefined &&
        typeof item !== 'boolean';
      const cleanKey = mask === undefined ? key : mask(key);
      const name = cleanKey === key ? key : freeName(copy, cleanKey);
      defineSafely(copy, name.slice(0, 512), hidden ? placeholder('secret') : this.plain(item, depth + 1));
    }
    return copy;
  }

  #itemsMax(): number {
    return this.#limits.itemsMax ?? 200;
  }
}

function functionName(value: object): string {
  const name = tryGet(value, 'name');
  return typeof name === 'string' ? name : '';
}

function tryGet(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return '[threw]';
  }
}

function* take<T>(items: Iterable<T>, max: number): Generator<T> {
  let index = 0;
  for (const item of items) {
    if (index++ >= max) return;
    yield item;
  }
}
