import { isStepOperation } from '@sightline/schema/conventions';
import { callMethod, serverKind, toldSize } from '../../mcp-attributes.ts';
import type { DerivedColumns } from './derived-columns.ts';
import type { Dictionary } from './dictionary.ts';
import type { MessageReader } from './message-reader.ts';
import {
  type Column,
  CountColumn,
  DictionaryColumn,
  FixedColumn,
  NullableColumn,
  timeType,
  WideColumn,
} from './native-columns.ts';
import type { OriginColumns } from './origin-columns.ts';
import { appendIds, spanField } from './span-field.ts';
import type { SaidTexts } from './said-texts.ts';
import { derivedOfSteps, type keysOfSteps } from './steps-sql.ts';

/** What a span says beside its origin and its normal fields. */
export interface StepSpan {
  readonly span: MessageReader;
  readonly statusCode: number;
  readonly nameCode: number;
  readonly durationNanos: { readonly low: number; readonly high: number };
}

/** The rows of `ai_spans`: spans that are steps of agents. Texts that repeat share the dictionaries of the spans. */
export class StepColumns {
  rows = 0;
  readonly #bytes: Uint8Array;
  readonly #origin: OriginColumns;
  readonly #derived: DerivedColumns;
  readonly #said: SaidTexts<keyof typeof keysOfSteps>;
  readonly #own;
  /** By the code of an operation. */
  readonly #isStep: (boolean | undefined)[] = [];
  readonly #operations: DictionaryColumn;
  readonly #mcpTexts: readonly DictionaryColumn[];

  constructor({
    bytes,
    origin,
    derived,
    names,
    said,
  }: {
    readonly bytes: Uint8Array;
    readonly origin: OriginColumns;
    readonly derived: DerivedColumns;
    readonly names: Dictionary;
    readonly said: SaidTexts<keyof typeof keysOfSteps>;
  }) {
    this.#bytes = bytes;
    this.#origin = origin;
    this.#derived = derived;
    this.#said = said;
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
      kind: new CountColumn(8),
      status_code: new CountColumn(8),
      scope_name: new DictionaryColumn(scope_name.dictionary),
      prompt_name: new DictionaryColumn(),
      mcp_server: new DictionaryColumn(),
      mcp_method: new DictionaryColumn(),
      mcp_transport: new DictionaryColumn(),
      mcp_protocol: new DictionaryColumn(),
      mcp_session: new DictionaryColumn(),
      request_bytes: new NullableColumn('UInt64'),
      response_bytes: new NullableColumn('UInt64'),
    };
    const { mcp_server, mcp_method, mcp_transport, mcp_protocol, mcp_session } = this.#own;
    this.#mcpTexts = [mcp_server, mcp_method, mcp_transport, mcp_protocol, mcp_session];
    for (const { dictionary } of this.#mcpTexts) dictionary.codeOfText('');
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

  append({ span, statusCode, nameCode, durationNanos }: StepSpan): void {
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
    const kind = span.varint(spanField.kind);
    own.kind.append(kind);
    own.status_code.append(statusCode);
    own.scope_name.appendCode(scopeName);
    own.prompt_name.appendCode(this.#said.code('promptName', own.prompt_name.dictionary));
    this.#appendMcp({ kind, nameCode, service });
    this.#derived.copyLast();
  }

  /** The same as `mcpColumns` say in SQL. */
  #appendMcp({
    kind,
    nameCode,
    service,
  }: {
    readonly kind: number;
    readonly nameCode: number;
    readonly service: number;
  }): void {
    const own = this.#own;
    const said = this.#said;
    const operation = this.#operations.dictionary.text(this.#operations.last);
    const told = operation === 'mcp' || operation === 'tool' ? said.text('method') : '';
    if (operation !== 'mcp' && told === '') {
      for (const column of this.#mcpTexts) column.appendCode(noText);
      own.request_bytes.append(null);
      own.response_bytes.append(null);
      return;
    }
    const method =
      told || (this.#derived.textOf('tool_name') === '' ? own.name.dictionary.text(nameCode) : callMethod);
    own.mcp_method.appendCode(own.mcp_method.dictionary.codeOfText(method));
    const server =
      said.text('server') || (kind === serverKind ? own.service.dictionary.text(service) : this.#address());
    own.mcp_server.appendCode(own.mcp_server.dictionary.codeOfText(server));
    own.mcp_transport.appendCode(said.code('transport', own.mcp_transport.dictionary));
    own.mcp_protocol.appendCode(said.code('protocol', own.mcp_protocol.dictionary));
    own.mcp_session.appendCode(said.code('session', own.mcp_session.dictionary));
    own.request_bytes.append(this.#size('requestSize', 'request'));
    own.response_bytes.append(this.#size('responseSize', 'response'));
  }

  #address(): string {
    const address = this.#said.text('address');
    const port = this.#said.text('port');
    return address === '' || port === '' ? address : `${address}:${port}`;
  }

  /** The size that a step tells, else that of the text it holds. */
  #size(told: 'requestSize' | 'responseSize', text: 'request' | 'response'): number | null {
    const size = this.#said.text(told);
    if (size !== '') return isToldSize.test(size) ? Number(size) : null;
    return this.#said.byteLength(text) || null;
  }
}

/** The first code of a dictionary that is asked for '' first. */
const noText = 0;
const isToldSize = new RegExp(toldSize);
