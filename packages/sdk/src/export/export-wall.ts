/**
 * The wall in front of every exporter: whatever opened the span, wrote the record or measured the number, its texts and named values
 * are masked here before they leave the process. An item without a secret passes as it is, uncopied. The items are never
 * changed in place: under an OpenTelemetry of the host's own, its exporters hold the same objects. An item that cannot be
 * masked is not sent.
 */
import type { Attributes } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { LineRecord } from '../logging/line-record.ts';
import { boundedPlain } from '../masking/capture-value.ts';
import { maskArguments } from '../masking/command-secrets.ts';
import { freeName, isNamedBefore } from '../masking/named-values.ts';
import { maskNumber, shortCharactersMax, type MaskText } from '../masking/mask-text.ts';
import { placeholder } from '../masking/placeholder.ts';

/** Names that describe the program, not a person, and may look like an address: `1.2.3.4`. */
const exempt = new Set([
  'service.name',
  'service.namespace',
  'service.version',
  'deployment.environment.name',
  'server.address',
]);
/** Most short texts come again: models, routes, names. Captured values do not. */
const rememberedMax = 4096;
const structuredCharactersMax = 262_144;

export class ExportWall {
  readonly #mask: MaskText;
  readonly #texts = new Map<string, string>();
  readonly #resources = new WeakMap<Resource, Resource>();

  constructor(mask: MaskText) {
    this.#mask = mask;
  }

  span(span: ReadableSpan): ReadableSpan {
    const name = this.text(span.name);
    const attributes = this.attributes(span.attributes);
    const events = this.#each(span.events, (event) => this.#described(event));
    const links = this.#each(span.links, (link) => this.#described(link));
    const { message } = span.status;
    const cleanMessage = message === undefined ? undefined : this.text(message);
    const resource = this.resource(span.resource);
    const instrumentationScope = this.#scope(span.instrumentationScope);
    const isClean =
      name === span.name &&
      attributes === span.attributes &&
      events === span.events &&
      links === span.links &&
      cleanMessage === message &&
      instrumentationScope === span.instrumentationScope &&
      resource === span.resource;
    if (isClean) return span;
    const status = cleanMessage === undefined ? span.status : { ...span.status, message: cleanMessage };
    return withValues(span, { name, attributes, events, links, status, resource, instrumentationScope });
  }

  log(record: ReadableLogRecord): ReadableLogRecord {
    // Its fields were masked when it was written, for the handlers too.
    if (record instanceof LineRecord) return record;
    const attributes = this.attributes(record.attributes);
    const body = this.#value(record.body);
    const resource = this.resource(record.resource);
    const instrumentationScope = this.#scope(record.instrumentationScope);
    const eventName = record.eventName === undefined ? undefined : this.text(record.eventName);
    const isClean =
      attributes === record.attributes &&
      body === record.body &&
      resource === record.resource &&
      instrumentationScope === record.instrumentationScope &&
      eventName === record.eventName;
    return isClean
      ? record
      : withValues(record, { attributes, body, resource, instrumentationScope, eventName });
  }

  resource(resource: Resource): Resource {
    let clean = this.#resources.get(resource);
    if (clean === undefined) {
      clean = this.#cleanResource(resource);
      this.#resources.set(resource, clean);
    }
    return clean;
  }

  /** Takes a resource as clean, so that spans which have it need no copy. */
  trustResource(resource: Resource): void {
    this.#resources.set(resource, resource);
  }

  /** The same object when there is nothing to mask. */
  attributes(attributes: Attributes): Attributes {
    let copy: Attributes | undefined;
    for (const key in attributes) {
      const value = attributes[key];
      const clean = this.named(key, value);
      const cleanKey = this.text(key);
      if (cleanKey !== key) {
        delete (copy ??= { ...attributes })[key];
        copy[freeName(copy, cleanKey)] = clean;
      } else if (clean !== value) (copy ??= { ...attributes })[key] = clean;
    }
    return copy ?? attributes;
  }

  /** A value under its name: what a sensitive name holds is masked whatever it looks like. */
  named(key: string, value: unknown): unknown {
    if (value === undefined || value === null || typeof value === 'boolean' || value === '') return value;
    if (this.#mask.isSensitiveKey(key)) return placeholder('secret');
    return exempt.has(key) ? value : this.#value(value);
  }

  text(text: string): string {
    // JavaScript callers give anything as a name or a message.
    if (typeof text !== 'string') return text;
    if (text.length < 6) return text;
    if (text.length > shortCharactersMax) return this.#mask.wasMasked(text) ? text : this.#mask(text);
    const first = text.charCodeAt(0);
    // Lists, objects and numbers as text: captured values, which do not come again.
    if (first === 0x5b || first === 0x7b || (first >= 0x30 && first <= 0x39)) return this.#mask(text);
    let clean = this.#texts.get(text);
    if (clean === undefined) {
      clean = this.#mask(text);
      if (this.#texts.size >= rememberedMax) this.#texts.clear();
      this.#texts.set(text, clean);
    }
    return clean;
  }

  #cleanResource(resource: Resource): Resource {
    const { attributes } = resource;
    if (resource.asyncAttributesPending !== true && this.attributes(attributes) === attributes)
      return resource;
    // Read anew each time: attributes of a host's resource may be detected after its first span.
    return Object.create(resource, {
      attributes: { get: () => this.attributes(resource.attributes) },
    }) as Resource;
  }

  #scope(scope: InstrumentationScope): InstrumentationScope {
    const name = this.text(scope.name);
    return name === scope.name ? scope : { ...scope, name };
  }

  #value(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') return maskNumber(value, this.#mask);
    if (Array.isArray(value)) {
      const items = maskArguments(value as readonly unknown[]);
      return this.#each(items, (item, at) =>
        isNamedBefore(items, at, this.#mask.isSensitiveKey) ? placeholder('secret') : this.#value(item),
      );
    }
    if (typeof value !== 'object' || value === null) return value;
    return boundedPlain(value, { charactersMax: structuredCharactersMax }, this.#mask);
  }

  #described<T extends { readonly name?: string; readonly attributes?: Attributes }>(item: T): T {
    const name = item.name === undefined ? undefined : this.text(item.name);
    const attributes = item.attributes === undefined ? undefined : this.attributes(item.attributes);
    if (name === item.name && attributes === item.attributes) return item;
    return {
      ...item,
      ...(name === undefined ? {} : { name }),
      ...(attributes === undefined ? {} : { attributes }),
    };
  }

  #each<T>(items: readonly T[], clean: (item: T, at: number) => unknown): T[] {
    let copy: T[] | undefined;
    for (let index = 0; index < items.length; index++) {
      const item = items[index] as T;
      const cleaned = clean(item, index) as T;
      if (cleaned !== item) (copy ??= [...items])[index] = cleaned;
    }
    return copy ?? (items as T[]);
  }
}

/** The item with other values. Everything else, methods included, stays the original's. */
function withValues<T extends object>(item: T, values: Partial<Record<keyof T, unknown>>): T {
  const changed = Object.create(item) as T;
  for (const key in values)
    Object.defineProperty(changed, key, { value: values[key], enumerable: true, configurable: true });
  return changed;
}
