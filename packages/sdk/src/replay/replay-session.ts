/**
 * Answers the calls of a program from a recorded run. A call is looked for by its operation and its request: among those of the span
 * it is made in first, then further away; of equal ones the earliest that nobody asked for yet. What does not fit is noted.
 */
import { ReplayDivergenceError } from './replay-divergence-error.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { currentMask } from '../runtime/runtime.ts';
import { type Exchange, normalised, parseJson } from './exchange.ts';
import type { HttpAnswer, LiveRequest } from './answering-server.ts';
import { errorBody, isModelPath, rebuildAnswer } from './rebuild-answer.ts';
import { recordedError, type RecordedValue, recordedValue } from './recorded-value.ts';
import {
  kindOf,
  recordedNodes,
  requestOf,
  type RecordedExchange,
  type RecordedNode,
} from './recorded-tree.ts';
import type { Recording } from './recording.ts';
import { anyRequestKey, exchangeKey, type KeptRequest, RequestBody, shownRequest } from './request-body.ts';
import { similarity } from './similarity.ts';

export type OnDivergence = 'fail' | 'nearest' | 'live';

export interface ReplayOptions {
  /** What a call without its like in the recording gets: an error, the answer of the nearest call, or the real thing. Default `fail`. */
  readonly onDivergence?: OnDivergence;
  /** Streams come at once, or with the pauses they had. Default `instant`. */
  readonly pace?: 'instant' | 'recorded';
  /** From the call with this span id on, calls are made in earnest. */
  readonly from?: string | undefined;
  /** Values put into the request of that call, by dotted path: `{ model: 'gpt-4o-mini' }`. `null` takes one away. */
  readonly set?: Readonly<Record<string, unknown>> | undefined;
  /** What that call, a tool's, gives back instead. */
  readonly result?: unknown;
  /** What becomes of the calls after it: all are made, or those that ask what was asked are answered. Default `live`. */
  readonly later?: 'live' | 'recorded' | undefined;
}

export interface Divergence {
  /**
   * `changed`: the nearest recorded call asked something else. `unrecorded`: there is none. `unanswerable`: it was made, but its answer was not
   * recorded. `missing`: the recording has it, the program did not make it.
   */
  readonly kind: 'changed' | 'unrecorded' | 'unanswerable' | 'missing';
  /** Such as `POST api.openai.com/v1/chat/completions` or `execute_tool weather`. */
  readonly operation: string;
  /** Names of the recorded spans around the call. */
  readonly path: readonly string[];
  readonly recorded?: string | undefined;
  readonly got?: string | undefined;
  readonly reason?: string;
}

interface LiveSpan {
  readonly name: string;
  readonly node: RecordedNode | undefined;
  /** Whether the recorded span is this very span, or only stands around it. */
  readonly isOwn: boolean;
  readonly got: string | undefined;
}

interface StartedSpan {
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  spanContext(): { readonly spanId: string };
}

export class ReplaySession {
  readonly #options: ReplayOptions;
  readonly #nodes: readonly RecordedNode[];
  readonly #byName = new Map<string, RecordedNode[]>();
  readonly #exchanges: readonly RecordedExchange[];
  readonly #byKey = new Map<string, RecordedExchange[]>();
  readonly #live = new Map<string, LiveSpan>();
  readonly #divergences: Divergence[] = [];
  readonly #from: RecordedNode | undefined;
  /** The recorded moment that the program has come to. */
  #reachedMs: number;
  #isLive = false;
  /** Of the request to go on from, where it is not made in its span. */
  #fromBody: string | undefined;
  #answered = 0;

  constructor(recording: Recording, options: ReplayOptions = {}) {
    this.#options = options;
    this.#nodes = recordedNodes(recording);
    for (const node of this.#nodes) append(this.#byName, node.span.name, node);
    this.#exchanges = this.#nodes.flatMap((node) => node.exchanges);
    for (const each of this.#exchanges) append(this.#byKey, each.key, each);
    this.#reachedMs = recording.spans[0]?.startMs ?? 0;
    this.#from = this.#nodes.find((node) => node.span.spanId === options.from);
    if (options.from !== undefined && this.#from === undefined)
      throw new ReplayDivergenceError(`The recording has no span ${options.from} to go on from.`);
  }

  get reachedMs(): number {
    return this.#reachedMs;
  }

  get answered(): number {
    return this.#answered;
  }

  /** Finds the recorded span that a starting span repeats. */
  noteSpan(span: StartedSpan, parentSpanId: string | undefined): void {
    const around = parentSpanId === undefined ? undefined : this.#live.get(parentSpanId)?.node;
    // OpenTelemetry's own numbers of kinds are one below those of OTLP.
    const kind = kindOf(span.attributes, span.kind + 1);
    const got = requestOf(span.attributes);
    const node = this.#claimNode(span.name, kind, got, around);
    this.#live.set(span.spanContext().spanId, {
      name: span.name,
      node: node ?? around,
      isOwn: node !== undefined,
      got,
    });
    if (node === undefined) return;
    node.claimed = true;
    if (node === this.#from) this.#isLive = true;
  }

  /** Runs a tool, a search, an MCP request: the recording answers; where it holds no result, the code runs. */
  run<T>(spanId: string, fn: () => T, isAsync: boolean): T {
    const live = this.#live.get(spanId);
    const node = live?.isOwn === true ? live.node : undefined;
    if (node !== undefined && node === this.#from && this.#options.result !== undefined)
      return this.#give(node, this.#options.result as T, isAsync);
    if (this.#isLive && (node === undefined || !this.#isBeforeFrom(node)))
      return this.#runLater(node, live?.got, fn, isAsync);
    if (node === undefined) {
      // A tool or search without a span is not traced: its own calls are answered.
      if (live === undefined) return fn();
      const path = live.node === undefined ? [] : [...live.node.path, live.node.span.name];
      this.#note({ kind: 'unrecorded', operation: live.name, path, got: live.got });
      return this.goesLive ? fn() : this.#refuse(`nobody recorded ${live.name}`, isAsync);
    }
    // A model call is answered where it is made: its requests are compared.
    if (
      node.kind === 'llm' &&
      (node.exchanges.length > 0 || node.children.some(({ kind }) => kind === 'http'))
    )
      return fn();
    const { onDivergence = 'fail' } = this.#options;
    if (isChanged(node, live?.got)) {
      this.#note({
        kind: 'changed',
        operation: node.span.name,
        path: node.path,
        recorded: node.request,
        got: live?.got,
      });
      if (onDivergence === 'live') return fn();
      if (onDivergence === 'fail')
        return this.#refuse(`${node.span.name} was asked something else than in the recording`, isAsync);
    }
    const recorded = recordedValue(node);
    return recorded === undefined ? fn() : this.#giveRecorded(node, recorded, isAsync);
  }

  /** What a what-if gives in place of this step; for frameworks that run a step's code out of its span's reach. */
  givenResult(spanId: string): { readonly value: unknown } | undefined {
    const live = this.#live.get(spanId);
    const node = live?.isOwn === true ? live.node : undefined;
    if (node === undefined || node !== this.#from || this.#options.result === undefined) return undefined;
    this.#answer(node);
    return { value: this.#options.result };
  }

  async answerHttp(request: LiveRequest): Promise<HttpAnswer> {
    const around = request.spanId === undefined ? undefined : this.#live.get(request.spanId)?.node;
    const node = around?.kind === 'http' ? around.parent : around;
    const body = request.body.toString('utf8');
    const isFrom = this.#isOfFrom(request, node, body);
    // In a span around the call to go on from, what comes when that call was reached comes after it.
    const isLater =
      this.#isLive && (isFrom || node === undefined || !this.#isBeforeFrom(node) || this.#isAroundLive(node));
    if (isLater && (isFrom || this.#options.later !== 'recorded'))
      return { kind: 'live', body: isFrom ? Buffer.from(this.#edited(body)) : request.body };
    const asked = RequestBody.of(request.body).keep((text) => text);
    const keys = [exchangeKey(request.method, request.url, asked)];
    const mask = currentMask();
    if (mask !== undefined)
      keys.push(exchangeKey(request.method, mask(request.url), RequestBody.of(request.body).keep(mask)));
    const found = (some: readonly string[]) =>
      pickExchange(
        some.flatMap((key) => this.#byKey.get(key) ?? []),
        node,
        request.url,
      );
    const exact = found(keys) ?? found([anyRequestKey(request.method, request.url)]);
    if (exact !== undefined) return this.#answerExchange(exact, body);
    if (isLater) return { kind: 'live', body: request.body };
    const rebuilt = this.#rebuild(request, body, node);
    if (rebuilt !== undefined) return rebuilt;
    return this.#answerDivergent(request, asked, node);
  }

  /** Everything that did not go as recorded. Call it when the program is done. */
  finish(): readonly Divergence[] {
    const isCovered = (node: RecordedNode): boolean => {
      for (let at = node.parent; at !== undefined; at = at.parent)
        if (at.answered || isUnclaimedCall(at)) return true;
      return false;
    };
    const from = this.#from;
    if (from?.claimed === true && this.#options.result !== undefined && !from.answered)
      this.#note({
        kind: 'unanswerable',
        operation: from.span.name,
        path: from.path,
        reason: 'its code ran: a framework reports this step, so that no result can be put in its place',
      });
    const isLate = (node: RecordedNode) => this.#isLive && !this.#isBeforeFrom(node);
    for (const node of this.#nodes) {
      if (isCovered(node) || isLate(node)) continue;
      if (isUnclaimedCall(node))
        this.#divergences.push({
          kind: 'missing',
          operation: node.span.name,
          path: node.path,
          recorded: node.request,
        });
      else if (!node.answered && !this.#isAroundLive(node))
        for (const each of node.exchanges)
          if (!each.claimed && !brokeOff(each.exchange))
            this.#divergences.push({
              kind: 'missing',
              operation: `${each.exchange.method} ${each.host}${each.path}`,
              path: [...node.path, node.span.name],
              recorded: shownRequest(each.exchange),
            });
    }
    return this.#divergences;
  }

  /** Of a span around the call to go on from, it is not known which requests came after that call. */
  #isAroundLive(node: RecordedNode): boolean {
    return this.#isLive && this.#from?.isBelow(node) === true;
  }

  noteRefused(what: string): void {
    this.#note({ kind: 'unrecorded', operation: what, path: [] });
  }

  get goesLive(): boolean {
    return this.#isLive || this.#options.onDivergence === 'live';
  }

  #claimNode(
    name: string,
    kind: string,
    got: string | undefined,
    around: RecordedNode | undefined,
  ): RecordedNode | undefined {
    const free = (this.#byName.get(name) ?? []).filter((node) => !node.claimed && node.kind === kind);
    if (free.length === 0) return undefined;
    const comparable = got === undefined ? undefined : normalised(got);
    const circles = [
      free.filter((node) => node.parent === around),
      around === undefined ? [] : free.filter((node) => node.isBelow(around)),
      free,
    ];
    for (const circle of circles) {
      const equal = circle.find((node) => node.comparable === comparable);
      if (equal !== undefined) return equal;
    }
    for (const circle of circles)
      if (circle.length > 0) return mostSimilar(circle, comparable ?? '', (node) => node.comparable ?? '');
    return undefined;
  }

  /** After the call to go on from: what asks the same as in the recording may have the same answer. */
  #runLater<T>(node: RecordedNode | undefined, got: string | undefined, fn: () => T, isAsync: boolean): T {
    const isKept = this.#options.later === 'recorded' && node !== this.#from && node?.kind !== 'llm';
    if (node === undefined || !isKept || isChanged(node, got)) return fn();
    const recorded = recordedValue(node);
    return recorded === undefined ? fn() : this.#giveRecorded(node, recorded, isAsync);
  }

  #giveRecorded<T>(node: RecordedNode, recorded: RecordedValue, isAsync: boolean): T {
    if (recorded.kind === 'value') return this.#give(node, recorded.value as T, isAsync);
    this.#answer(node);
    if (isAsync || node.span.attributes['sightline.async'] === true)
      return Promise.reject(recorded.error) as T;
    throw recorded.error;
  }

  #give<T>(node: RecordedNode, value: T, isAsync: boolean): T {
    this.#answer(node);
    return isAsync || node.span.attributes['sightline.async'] === true
      ? (Promise.resolve(value) as T)
      : value;
  }

  #answer(node: RecordedNode): void {
    node.answered = true;
    this.#reach(node);
  }

  #reach(node: RecordedNode): void {
    this.#answered++;
    this.#reachedMs = Math.max(this.#reachedMs, node.span.endMs);
  }

  async #answerExchange(each: RecordedExchange, asked: string): Promise<HttpAnswer> {
    each.claimed = true;
    const { exchange, node } = each;
    const pauses = this.#options.pace === 'recorded';
    const failure = exchange.error;
    if (pauses) await sleep(exchange.chunks?.[0]?.[1] ?? exchange.durationMs ?? 0);
    this.#reach(node);
    const error =
      failure === undefined
        ? undefined
        : Object.assign(new Error(failure.message), {
            name: failure.name,
            ...(failure.code === undefined ? {} : { code: failure.code }),
          });
    if (exchange.status === undefined)
      return { kind: 'cut', error: error ?? new Error('The connection failed.') };
    if (exchange.leftOut !== undefined) {
      const { attributes } = node.span;
      // A body that could not be kept may still be rebuilt from the messages of the span.
      const rebuilt =
        exchange.status < 400 && attributes['gen_ai.output.messages'] !== undefined
          ? rebuildAnswer(node, each.path, asked)
          : undefined;
      if (rebuilt !== undefined)
        return {
          kind: 'answer',
          status: exchange.status,
          headers: rebuilt.headers,
          body: Buffer.from(rebuilt.body),
        };
      this.#note({
        kind: 'unanswerable',
        operation: `${exchange.method} ${each.host}${each.path}`,
        path: [...node.path, node.span.name],
        reason: `its body was not recorded: ${exchange.leftOut}`,
      });
      return refusal(`the answer was recorded without its body: ${exchange.leftOut}`);
    }
    const body = Buffer.from(exchange.body ?? '', exchange.bodyEncoding ?? 'utf8');
    const chunks = exchange.chunks ?? [];
    const fits = chunks.reduce((sum, [bytes]) => sum + bytes, 0) === body.byteLength;
    return {
      kind: 'answer',
      status: exchange.status,
      headers: exchange.headers ?? {},
      body,
      ...(fits && chunks.length > 0 ? { chunks } : {}),
      pauses,
      ...(error === undefined ? {} : { error }),
    };
  }

  /**
   * Whether the request is that of the call to go on from. A framework that tells of its calls afterwards (LangChain) makes them outside their
   * spans: then it is the first to a model that is made around the span, and its like when it is tried again.
   */
  #isOfFrom({ url }: LiveRequest, node: RecordedNode | undefined, body: string): boolean {
    const from = this.#from;
    if (from === undefined || node === undefined || !this.#isLive) return false;
    if (node === from) return true;
    if (from.kind !== 'llm' || from.exchanges.length > 0 || !from.isBelow(node)) return false;
    if (!isModelPath(new URL(url).pathname)) return false;
    this.#fromBody ??= body;
    return this.#fromBody === body;
  }

  /** An answer from the messages of a span: the span the request is made in, else the first that fits and has no body anywhere. */
  #rebuild(request: LiveRequest, body: string, around: RecordedNode | undefined): HttpAnswer | undefined {
    const { pathname } = new URL(request.url);
    if (!isModelPath(pathname)) return undefined;
    const asked = parseJson(body) as { model?: unknown } | undefined;
    const model = asked?.model ?? /\/models\/([^:/]+):/.exec(pathname)?.[1];
    const open = (node: RecordedNode) => node.attemptsLeft.length > 0 && !node.answered;
    const found =
      around !== undefined && open(around)
        ? around
        : this.#freeExchanges(request.method, pathname).length > 0
          ? undefined
          : [
              ...this.#nodes.filter((node) => open(node) && around !== undefined && node.isBelow(around)),
              ...this.#nodes.filter(open),
            ].find((node) => node.span.attributes['gen_ai.request.model'] === model);
    if (found === undefined) return undefined;
    const live = request.spanId === undefined ? undefined : this.#live.get(request.spanId);
    const own = live?.isOwn === true && live.node === found ? live : undefined;
    found.claimed = true;
    if (own !== undefined && isChanged(found, own.got)) {
      this.#note({
        kind: 'changed',
        operation: found.span.name,
        path: found.path,
        recorded: found.request,
        got: own.got,
      });
      const { onDivergence = 'fail' } = this.#options;
      if (onDivergence === 'live') return { kind: 'live', body: request.body };
      if (onDivergence === 'fail')
        return refusal(`${found.span.name} was asked something else than in the recording`);
    }
    const status = found.attemptsLeft.shift();
    this.#reach(found);
    if (status === undefined) return { kind: 'cut', error: recordedError(found) };
    const rebuilt = status >= 400 ? errorBody(found, status) : rebuildAnswer(found, pathname, body);
    if (rebuilt !== undefined)
      return { kind: 'answer', status, headers: rebuilt.headers, body: Buffer.from(rebuilt.body) };
    this.#note({
      kind: 'unanswerable',
      operation: found.span.name,
      path: found.path,
      reason: 'neither its body nor its messages were recorded; content capture was off or the text was cut',
    });
    return refusal(`${found.span.name} was recorded without content`);
  }

  async #answerDivergent(
    request: LiveRequest,
    asked: KeptRequest,
    around: RecordedNode | undefined,
  ): Promise<HttpAnswer> {
    const { onDivergence = 'fail' } = this.#options;
    const { host, pathname } = new URL(request.url);
    const operation = `${request.method} ${host}${pathname}`;
    const free = this.#freeExchanges(request.method, pathname);
    const circles = [
      free.filter((each) => each.node === around),
      free.filter((each) => around !== undefined && each.node.isBelow(around)),
      free,
    ];
    const near = circles.find((circle) => circle.length > 0);
    if (near === undefined) {
      const known = this.#nodes.find(
        (node) =>
          node.kind === 'http' &&
          !isAnsweredByParent(node.parent) &&
          !node.answered &&
          urlOf(node)?.pathname === pathname,
      );
      this.#note({
        kind: known === undefined ? 'unrecorded' : 'unanswerable',
        operation,
        path: around === undefined ? [] : [...around.path, around.span.name],
        got: request.body.byteLength === 0 ? undefined : shownRequest(asked),
        ...(known === undefined ? {} : { reason: 'it was recorded without its body' }),
      });
      return onDivergence === 'live'
        ? { kind: 'live', body: request.body }
        : refusal(`nobody recorded ${operation}`);
    }
    const nearest = mostSimilar(near, exchangeKey(request.method, request.url, asked), (each) => each.key);
    nearest.claimed = true;
    this.#note({
      kind: 'changed',
      operation,
      path: [...nearest.node.path, nearest.node.span.name],
      recorded: `${new URL(nearest.exchange.url).search}${shownRequest(nearest.exchange) ?? ''}`,
      got: `${new URL(request.url).search}${shownRequest(asked) ?? ''}`,
    });
    if (onDivergence === 'live') return { kind: 'live', body: request.body };
    if (onDivergence === 'nearest') return this.#answerExchange(nearest, request.body.toString('utf8'));
    return refusal(`${operation} was asked something else than in the recording`);
  }

  #freeExchanges(method: string, pathname: string): readonly RecordedExchange[] {
    return this.#exchanges.filter(
      (each) =>
        !each.claimed && !each.node.answered && each.exchange.method === method && each.path === pathname,
    );
  }

  #edited(body: string): string {
    const document = parseJson(body);
    if (typeof document !== 'object' || document === null) return body;
    for (const [path, value] of Object.entries(this.#options.set ?? {}))
      setAt(document, path.split('.'), value);
    return JSON.stringify(document);
  }

  #isBeforeFrom(node: RecordedNode): boolean {
    return this.#from !== undefined && node !== this.#from && node.span.startMs < this.#from.span.startMs;
  }

  #refuse<T>(problem: string, isAsync: boolean): T {
    const error = new ReplayDivergenceError(`Sightline replay: ${problem}.`);
    if (isAsync) return Promise.reject(error) as T;
    throw error;
  }

  #note(divergence: Divergence): void {
    if (this.#divergences.length < divergencesMax) this.#divergences.push(divergence);
  }
}

const divergencesMax = 1000;

function isUnclaimedCall(node: RecordedNode): boolean {
  if (node.claimed || node.kind === 'step') return false;
  if (node.kind !== 'http') return !node.exchanges.some((each) => each.claimed);
  // The request of a call that is answered as a whole, or whose exchange stands on the span around it.
  return !isAnsweredByParent(node.parent);
}

function isAnsweredByParent(parent: RecordedNode | undefined): boolean {
  return parent !== undefined && (parent.exchanges.length > 0 || parent.kind !== 'step');
}

/** Its sender gave up before its end, so that it may arrive nowhere in a replay either. */
function brokeOff({ status, requestLeftOut }: Exchange): boolean {
  return status === undefined && requestLeftOut !== undefined;
}

function isChanged(node: RecordedNode, got: string | undefined): boolean {
  return node.comparable !== undefined && got !== undefined && node.comparable !== normalised(got);
}

function pickExchange(
  found: readonly RecordedExchange[],
  around: RecordedNode | undefined,
  url: string,
): RecordedExchange | undefined {
  const { host } = new URL(url);
  const free = found.filter((each) => !each.claimed && !each.node.answered);
  const distance = (each: RecordedExchange) =>
    (each.node === around ? 0 : around !== undefined && each.node.isBelow(around) ? 2 : 4) +
    (each.host === host ? 0 : 1);
  return free.toSorted((a, b) => distance(a) - distance(b))[0];
}

function mostSimilar<T>(items: readonly T[], text: string, textOf: (item: T) => string): T {
  let [best] = items as readonly [T, ...T[]];
  if (items.length === 1) return best;
  let highest = -1;
  for (const item of items.slice(0, 50)) {
    const score = similarity(text, textOf(item));
    if (score > highest) [best, highest] = [item, score];
  }
  return best;
}

function refusal(problem: string): HttpAnswer {
  return {
    kind: 'answer',
    status: 400,
    headers: { 'content-type': 'application/json', 'x-should-retry': 'false' },
    body: Buffer.from(
      JSON.stringify({ error: { type: 'replay_divergence', message: `Sightline replay: ${problem}.` } }),
    ),
  };
}

function urlOf(node: RecordedNode): URL | null {
  const url = node.span.attributes['url.full'];
  return typeof url === 'string' ? URL.parse(url) : null;
}

function setAt(target: object, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  const record = target as Record<string, unknown>;
  if (key === '__proto__') return;
  if (rest.length === 0 && value === null) Reflect.deleteProperty(record, key);
  else if (rest.length === 0) record[key] = value;
  else {
    const inner = record[key];
    if (typeof inner === 'object' && inner !== null) setAt(inner, rest, value);
    else {
      const made = {};
      record[key] = made;
      setAt(made, rest, value);
    }
  }
}

function append<T>(map: Map<string, T[]>, key: string, item: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [item]);
  else list.push(item);
}
