import { isStepOperation } from '@sightline/schema/conventions';
import type { DerivedColumns } from './derived-columns.ts';
import type { Dictionary } from './dictionary.ts';
import type { MessageReader } from './message-reader.ts';
import {
  type Column,
  CountColumn,
  DictionaryColumn,
  FixedColumn,
  timeType,
  WideColumn,
} from './native-columns.ts';
import type { OriginColumns } from './origin-columns.ts';
import { appendIds, spanField } from './span-field.ts';
import { derivedOfSteps } from './steps-sql.ts';

/** What a span says beside its origin and its normal fields. */
export interface StepSpan {
  readonly span: MessageReader;
  readonly statusCode: number;
  /** A code in the names of prompts. */
  readonly promptName: number;
  readonly nameCode: number;
  readonly durationNanos: { readonly low: number; readonly high: number };
}

/** The rows of `ai_spans`: spans that are steps of agents. Texts that repeat share the dictionaries of the spans. */
export class StepColumns {
  rows = 0;
  readonly #bytes: Uint8Array;
  readonly #origin: OriginColumns;
  readonly #derived: DerivedColumns;
  readonly #own;
  /** By the code of an operation. */
  readonly #isStep: (boolean | undefined)[] = [];
  readonly #operations: DictionaryColumn;

  constructor({
    bytes,
    origin,
    derived,
    names,
    promptNames,
  }: {
    readonly bytes: Uint8Array;
    readonly origin: OriginColumns;
    readonly derived: DerivedColumns;
    readonly names: Dictionary;
    readonly promptNames: Dictionary;
  }) {
    this.#bytes = bytes;
    this.#origin = origin;
    this.#derived = derived;
    this.#operations = derived.columns['operation'] as DictionaryColumn;
    const { project, service, scope_name } = origin.columns;
    this.#own = {
      project: new DictionaryColumn(project.dictionary),
      trace_id: new FixedColumn(16),
      span_id: new FixedColumn(8),
      parent_span_id: new FixedColumn(8),
      name: new DictionaryColumn(names),
      service: new DictionaryColumn(service.dictionary),
      service_version: new DictionaryColumn(origin.versions),
      environment: new DictionaryColumn(origin.environments),
      start_time: new WideColumn(timeType),
      duration_ns: new WideColumn('UInt64'),
      status_code: new CountColumn(8),
      scope_name: new DictionaryColumn(scope_name.dictionary),
      prompt_name: new DictionaryColumn(promptNames),
    };
  }

  get columns(): Readonly<Record<string, Column>> {
    const { copies } = this.#derived;
    const ofFields = derivedOfSteps.map((name) => [name, copies[name] as Column] as const);
    return { ...this.#own, ...Object.fromEntries(ofFields) };
  }

  /** Whether the span is a step whose normal fields were appended last. */
  get isStep(): boolean {
    const code = this.#operations.last;
    return (this.#isStep[code] ??= isStepOperation(this.#operations.dictionary.text(code)));
  }

  append({ span, statusCode, promptName, nameCode, durationNanos }: StepSpan): void {
    const own = this.#own;
    const bytes = this.#bytes;
    const { project, service, scopeName, version, environment } = this.#origin.currentCodes;
    this.rows += 1;
    own.project.appendCode(project);
    appendIds(own, span);
    own.name.appendCode(nameCode);
    own.service.appendCode(service);
    own.service_version.appendCode(version);
    own.environment.appendCode(environment);
    own.start_time.appendAt(bytes, span.fixedAt(spanField.start));
    own.duration_ns.out.fixed64(durationNanos.low, durationNanos.high);
    own.status_code.append(statusCode);
    own.scope_name.appendCode(scopeName);
    own.prompt_name.appendCode(promptName);
    this.#derived.copyLast();
  }
}
