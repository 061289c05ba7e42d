/**
 * Which rows of `errors` tell of one error again. One error is told by many: an exception by each span that it passes through, and by a log record beside it. A row repeats what another tells where
 *
 * - a child tells of the same exception, since that is nearer to the cause,
 * - it says only that the span failed, and a child or a log record says why,
 * - the call of a model above it says the same with its class, which is what people look for,
 * - it is a log record of an exception that its span has as well.
 *
 * Each row has these questions as numbers (`asks`), and the answers that it gives to others. What a load answers itself is settled here; the rest is for readers (query/errors), since parent and
 * child, span and log record may come in different loads.
 */
export interface ToldError {
  readonly project: string;
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentSpanId: Uint8Array;
  readonly source: 'exception' | 'status' | 'log';
  readonly errorClass: string;
  /** Of type and message as they are. */
  readonly said: Uint8Array;
}

/** What readers need to know of a row. */
export interface RepeatColumns {
  readonly isRepeat: boolean;
  /** Empty for a repeat. */
  readonly asks: readonly number[];
  readonly answers: readonly number[];
}

interface Noted {
  readonly asks: readonly number[];
  readonly answers: readonly number[];
  /** Asked of the parent's rows alone. */
  readonly asksOfParent: readonly number[];
  /** Asked by the parent's rows alone. */
  readonly answersToParent: readonly number[];
  readonly saidToParent: number;
  /** Where it is in the answers, the parent says the same, and log records of the parent ask for that. */
  readonly saidByParent: number;
  /** The parent, as a number. */
  readonly parent: number;
}

/** 0 stands for no question and no answer. */
const none = 0;

export class ErrorRepeats {
  readonly #rows: Noted[] = [];
  readonly #answers = new Set<number>();
  readonly #spans = new Set<number>();

  /** To be called for every row of the load, before any is asked about. */
  note(row: ToldError): void {
    const { source, errorClass, said } = row;
    const own = new SpanKeys(row, row.spanId);
    const parent = new SpanKeys(row, row.parentSpanId);
    const isLog = source === 'log';
    const isPlain = errorClass === '' || errorClass === 'tool';
    const isFailedTool = source === 'status' && errorClass === 'tool';
    const isFailedSpan = source === 'status' && errorClass === '';
    const noted: Noted = {
      asks: known([
        isPlain ? own.key('said', said) : none,
        isLog ? own.key('same', said) : none,
        isFailedSpan || isFailedTool ? own.key('thrown') : none,
        isFailedSpan ? own.key('failed') : none,
        isLog ? own.key('model') : none,
      ]),
      asksOfParent: isLog
        ? []
        : known([parent.key('model'), source === 'status' ? parent.key('tool') : none]),
      answers: known([
        isLog ? none : own.key('same', said),
        isLog ? own.key('thrown') : none,
        !isLog && !isPlain ? own.key('model') : none,
        isFailedTool ? own.key('tool') : none,
      ]),
      answersToParent: isLog ? [] : known([parent.key(source === 'status' ? 'failed' : 'thrown')]),
      saidToParent: isLog ? none : parent.key('said', said),
      saidByParent: isLog ? none : parent.key('same', said),
      parent: parent.key('span'),
    };
    this.#rows.push(noted);
    for (const answer of [...noted.answers, ...noted.answersToParent, noted.saidToParent])
      if (answer !== none) this.#answers.add(answer);
    if (!isLog) this.#spans.add(own.key('span'));
  }

  /** Of the row that was noted as the `index`th. */
  columns(index: number): RepeatColumns {
    const row = this.#rows[index];
    if (row === undefined) throw new RangeError(`There is no row ${index}.`);
    const { saidToParent, saidByParent } = row;
    // All rows of a span come in one load.
    const isParentHere = this.#spans.has(row.parent);
    const isRepeat = [...row.asks, ...row.asksOfParent].some((ask) => this.#answers.has(ask));
    const asks = isParentHere ? row.asks : [...row.asks, ...row.asksOfParent];
    const answers = isParentHere ? row.answers : [...row.answers, ...row.answersToParent];
    return {
      isRepeat,
      asks: isRepeat ? [] : asks,
      answers:
        saidToParent === none || this.#answers.has(saidByParent) ? answers : [...answers, saidToParent],
    };
  }
}

const known = (keys: readonly number[]): readonly number[] => keys.filter((key) => key !== none);

const kinds = { span: 1, said: 2, same: 3, thrown: 4, failed: 5, model: 6, tool: 7 } as const;
const nothing = new Uint8Array();

/** Numbers of 52 bits that stand for what is asked of, or told by, one span. Equal in every load. */
class SpanKeys {
  readonly #isSpan: boolean;
  readonly #low: number;
  readonly #high: number;

  constructor({ project, traceId }: Pick<ToldError, 'project' | 'traceId'>, spanId: Uint8Array) {
    this.#isSpan = spanId.some((byte) => byte !== 0);
    let [low, high] = [0x2f0b4c47, 0x1b56c4e9];
    for (const bytes of [Buffer.from(project), traceId, spanId])
      for (let at = 0; at < bytes.length; at += 4) {
        low = mixLow(low, wordAt(bytes, at));
        high = mixHigh(high, wordAt(bytes, at));
      }
    this.#low = low;
    this.#high = high;
  }

  /** 0 where there is no span. */
  key(kind: keyof typeof kinds, said: Uint8Array = nothing): number {
    if (!this.#isSpan) return none;
    let low = mixLow(this.#low, kinds[kind]);
    let high = mixHigh(this.#high, kinds[kind]);
    for (let at = 0; at < said.length; at += 4) {
      low = mixLow(low, wordAt(said, at));
      high = mixHigh(high, wordAt(said, at));
    }
    const bits = (spread(high ^ low) & 0xf_ffff) * 2 ** 32 + (spread(low + Math.imul(high, 5)) >>> 0);
    return bits === none ? 1 : bits;
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}

/** A round of MurmurHash3. */
function mixLow(state: number, word: number): number {
  const scaled = Math.imul(word, 0xcc9e2d51);
  const mixed = state ^ Math.imul((scaled << 15) | (scaled >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

/** The same with other numbers. */
function mixHigh(state: number, word: number): number {
  const scaled = Math.imul(word, 0x239b961b);
  const mixed = state ^ Math.imul((scaled << 16) | (scaled >>> 16), 0xab0e9789);
  return (Math.imul((mixed << 19) | (mixed >>> 13), 5) + 0x561ccd1b) | 0;
}

function spread(state: number): number {
  let bits = state ^ (state >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
