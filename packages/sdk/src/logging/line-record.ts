/**
 * The OTLP record of a log line. The line is on its way when the logger returns; the record is only noted then, and built when its
 * batch is sent. What it notes is already bounded, masked and its own.
 */
import { ownValue } from '@sightline/base';
import {
  isSpanContextValid,
  trace,
  type AnyValue,
  type Attributes,
  type Context,
  type HrTime,
  type SeverityNumber,
  type SpanContext,
} from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { inheritedAttributes } from '../runtime/context.ts';
import { logLevels, type LogLevel } from '../config/levels.ts';
import { logContextOf } from './log-context.ts';

export interface LineOrigin {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly attributesMax: number;
  readonly attributeCharactersMax: number;
  /** Masks what the record inherits, which no log call has cleaned. */
  readonly clean: (key: string, value: unknown) => unknown;
}

type Line = Readonly<Record<string, unknown>>;

export class LineRecord implements ReadableLogRecord {
  readonly severityText: LogLevel;
  readonly body: string;
  readonly #origin: LineOrigin;
  readonly #context: Context;
  readonly #line: Line;
  readonly #epochMs: number;
  #attributes: Attributes | undefined;
  #dropped = 0;
  #span: SpanContext | undefined | null = null;
  #hrTime: HrTime | undefined;

  constructor(origin: LineOrigin, context: Context, level: LogLevel, body: string, line: Line) {
    this.#origin = origin;
    this.#context = context;
    this.#line = line;
    this.#epochMs = performance.timeOrigin + performance.now();
    this.severityText = level;
    this.body = body;
  }

  get severityNumber(): SeverityNumber {
    return logLevels[this.severityText].severity;
  }

  get hrTime(): HrTime {
    if (this.#hrTime === undefined) {
      const seconds = Math.floor(this.#epochMs / 1000);
      this.#hrTime = [seconds, Math.round((this.#epochMs - seconds * 1000) * 1000) * 1000];
    }
    return this.#hrTime;
  }

  get hrTimeObserved(): HrTime {
    return this.hrTime;
  }

  get resource(): Resource {
    return this.#origin.resource;
  }

  get instrumentationScope(): InstrumentationScope {
    return this.#origin.scope;
  }

  /** Absent outside a span; the interface's optional property knows no getter that says so. */
  get spanContext(): SpanContext {
    // The exporter asks for it field by field.
    if (this.#span === null) {
      const span = trace.getSpanContext(this.#context);
      this.#span = span !== undefined && isSpanContextValid(span) ? span : undefined;
    }
    return this.#span as SpanContext;
  }

  get attributes(): Attributes {
    this.#attributes ??= this.#collect();
    return this.#attributes;
  }

  get droppedAttributesCount(): number {
    void this.attributes;
    return this.#dropped;
  }

  /** Approximate bytes, from the line alone. */
  weigh(): number {
    let bytes = 400 + this.body.length;
    for (const key in this.#line) {
      const value = this.#line[key];
      bytes += typeof value === 'string' ? value.length : typeof value === 'object' ? 300 : 8;
    }
    return bytes;
  }

  #collect(): Attributes {
    const attributes: Record<string, AnyValue> = {};
    let count = 0;
    const add = (key: string, value: unknown) => {
      if (value === undefined) return;
      if (!Object.hasOwn(attributes, key) && count++ >= this.#origin.attributesMax) {
        this.#dropped++;
        return;
      }
      const { attributeCharactersMax } = this.#origin;
      attributes[key] =
        typeof value === 'string' && value.length > attributeCharactersMax
          ? value.slice(0, attributeCharactersMax)
          : value;
    };
    // One level of an object becomes dotted attributes, so that `data.rows` is a filter; deeper levels stay structured.
    const addField = (key: string, value: unknown) => {
      if (typeof value === 'object' && value !== null && !Array.isArray(value))
        for (const [inner, item] of Object.entries(value)) add(`${key}.${inner}`, item);
      else add(ownValue(callSiteNames, key) ?? key, value);
    };
    const inherited = logContextOf(this.#context);
    for (const key in inherited) addField(key, inherited[key]);
    for (const key in this.#line) addField(key, this.#line[key]);
    const stamped = inheritedAttributes(this.#context);
    for (const key in stamped)
      if (attributes[key] === undefined) add(key, this.#origin.clean(key, stamped[key]));
    return attributes;
  }
}

const callSiteNames: Readonly<Record<string, string>> = {
  module: 'code.file.path',
  function: 'code.function.name',
  line: 'code.line.number',
};
