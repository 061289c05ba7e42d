/**
 * Follows what a traced function returned to its real end: a promise settles, a generator or iterator is exhausted, a stream
 * closes. The caller gets a value that behaves like the original.
 */
import { finished, type Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';

/** Told about the life of a result. Exactly one of `ended` and `failed` is called, once. */
export interface ResultObserver {
  /** Runs a resumption of the code (the next step of a generator) in the span's context. */
  inside<T>(fn: () => T): T;
  firstItem(): void;
  item?(item: unknown): void;
  ended(value: unknown, items: number | undefined): void;
  failed(error: unknown): void;
}

export function followResult<T>(result: T, observer: ResultObserver): T {
  if (typeof result !== 'object' || result === null) {
    observer.ended(result, undefined);
    return result;
  }
  const follow = findFollower(result);
  if (follow !== undefined) return follow(result, observer) as T;
  observer.ended(result, undefined);
  return result;
}

type Follower = (result: object, observer: ResultObserver) => unknown;

/** Looking at a value may run the host's own code (a proxy, a getter), and that may throw: then it is taken as it is. */
function findFollower(result: object): Follower | undefined {
  try {
    if (isThenable(result)) return followPromise;
    if (isNodeReadable(result)) return (stream, observer) => followNodeStream(stream as Readable, observer);
    if (result instanceof ReadableStream)
      return (stream, observer) => followWebStream(stream as ReadableStream, observer);
    if (isIterator(result))
      return (iterator, observer) => followIterator(iterator as AnyIterator & object, observer);
    if (Symbol.asyncIterator in result)
      return (iterable, observer) => followIterable(iterable as AsyncIterable<unknown>, observer);
  } catch {
    // Untraced beyond this point, and untouched.
  }
  return undefined;
}

function followPromise(promise: object, observer: ResultObserver): unknown {
  return Promise.resolve(promise as PromiseLike<unknown>).then(
    (value: unknown) => followResult(value, observer),
    (error: unknown) => {
      observer.failed(error);
      throw error;
    },
  );
}

function isThenable(value: object): value is PromiseLike<unknown> {
  return 'then' in value && typeof value.then === 'function';
}

function isNodeReadable(value: object): value is Readable {
  return (
    'pipe' in value &&
    'read' in value &&
    typeof value.read === 'function' &&
    'on' in value &&
    !('next' in value)
  );
}

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

function isIterator(value: object): value is AnyIterator & object {
  return (
    'next' in value &&
    typeof value.next === 'function' &&
    (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}

function followIterator(iterator: AnyIterator & object, observer: ResultObserver): object {
  let items = 0;
  let open = true;
  const end = (value: unknown) => {
    if (open) observer.ended(value, items);
    open = false;
  };
  const fail = (error: unknown) => {
    if (open) observer.failed(error);
    open = false;
  };
  const note = (step: IteratorResult<unknown>) => {
    if (step.done === true) return end(step.value);
    if (items++ === 0) observer.firstItem();
    observer.item?.(step.value);
  };
  const step = (method: 'next' | 'return' | 'throw') => {
    const original = iterator[method] as ((value?: unknown) => unknown) | undefined;
    if (typeof original !== 'function') return undefined;
    return (...args: [unknown?]) => {
      try {
        const stepped = observer.inside(() => original.apply(iterator, args));
        if (typeof stepped === 'object' && stepped !== null && isThenable(stepped)) {
          return Promise.resolve(stepped).then(
            (value) => {
              note(value as IteratorResult<unknown>);
              return value;
            },
            (error: unknown) => {
              fail(error);
              throw error;
            },
          );
        }
        note(stepped as IteratorResult<unknown>);
        return stepped;
      } catch (error) {
        fail(error);
        throw error;
      }
    };
  };
  const wrapped = Object.create(Object.getPrototypeOf(iterator) as object) as Record<PropertyKey, unknown>;
  for (const method of ['next', 'return', 'throw'] as const) {
    const wrappedStep = step(method);
    if (wrappedStep !== undefined) wrapped[method] = wrappedStep;
  }
  if (Symbol.asyncIterator in iterator) {
    wrapped[Symbol.asyncIterator] = () => wrapped;
    wrapped[Symbol.asyncDispose] = async () =>
      void (await (wrapped['return'] as (() => unknown) | undefined)?.());
  } else {
    wrapped[Symbol.iterator] = () => wrapped;
    wrapped[Symbol.dispose] = () => void (wrapped['return'] as (() => unknown) | undefined)?.();
  }
  return wrapped;
}

/** An iterable with a life of its own (an SDK's stream object) keeps its identity; only its iteration is observed. */
function followIterable(iterable: AsyncIterable<unknown>, observer: ResultObserver): AsyncIterable<unknown> {
  const original = iterable[Symbol.asyncIterator].bind(iterable);
  let followed = false;
  try {
    Object.defineProperty(iterable, Symbol.asyncIterator, {
      configurable: true,
      writable: true,
      value: () => {
        if (followed) return original();
        followed = true;
        return followIterator(original() as AnyIterator & object, observer);
      },
    });
  } catch {
    observer.ended(undefined, undefined);
  }
  return iterable;
}

function followNodeStream(stream: Readable, observer: ResultObserver): Readable {
  let items = 0;
  const note = (item: unknown) => {
    if (items++ === 0) observer.firstItem();
    observer.item?.(item);
  };
  // Listening to 'data' would make the stream flow before its consumer is ready, so the two ways out are observed instead.
  const emit = stream.emit.bind(stream);
  let reading = false;
  const read = stream.read.bind(stream);
  stream.read = (size?: number) => {
    reading = true;
    try {
      const chunk: unknown = read(size);
      if (chunk !== null) note(chunk);
      return chunk;
    } finally {
      reading = false;
    }
  };
  stream.emit = ((event: string | symbol, ...args: unknown[]) => {
    if (event === 'data' && !reading) note(args[0]);
    return emit(event, ...args);
  }) as typeof stream.emit;
  finished(stream, { writable: false }, (error) => {
    if (error === undefined || error === null || isEarlyClose(error)) observer.ended(undefined, items);
    else observer.failed(error);
  });
  return stream;
}

/** A consumer that stops early is not a failure of the producer. */
function isEarlyClose(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function followWebStream(stream: ReadableStream<unknown>, observer: ResultObserver): ReadableStream<unknown> {
  if (stream.locked) {
    observer.ended(undefined, undefined);
    return stream;
  }
  const reader = stream.getReader();
  let items = 0;
  return new ReadableStream<unknown>(
    {
      async pull(controller) {
        try {
          const { done, value } = await observer.inside(() => reader.read());
          if (done) {
            observer.ended(undefined, items);
            controller.close();
            return;
          }
          if (items++ === 0) observer.firstItem();
          observer.item?.(value);
          controller.enqueue(value);
        } catch (error) {
          observer.failed(error);
          controller.error(error);
        }
      },
      async cancel(reason) {
        observer.ended(undefined, items);
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
