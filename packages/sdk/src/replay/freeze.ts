/**
 * The time of `Date`, random numbers and ids that are the same in every replay of one recording. `performance.now()` and timers go on: time-outs
 * and durations need a clock that moves. Returns what lets them go again.
 */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

export function freeze(seed: string, nowMs: () => number): () => void {
  const RealDate = globalThis.Date;
  const realRandom = Math.random;
  const real = {
    randomUUID: crypto.randomUUID,
    randomBytes: crypto.randomBytes,
    randomInt: crypto.randomInt,
    randomFill: crypto.randomFill,
    randomFillSync: crypto.randomFillSync,
    // oxlint-disable-next-line typescript/unbound-method
    webUUID: crypto.webcrypto.randomUUID,
    // oxlint-disable-next-line typescript/unbound-method
    getRandomValues: crypto.webcrypto.getRandomValues,
  };
  const random = seeded(seed);
  const fill = <T extends ArrayBufferView>(view: T): T => {
    fillBytes(part(view));
    return view;
  };
  const fillBytes = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length; at++) bytes[at] = Math.floor(random() * 256);
  };
  const uuid = () => {
    const hex = Buffer.from(fill(new Uint8Array(16))).toString('hex');
    const variant = '89ab'[Number.parseInt(hex[16] ?? '0', 16) % 4];
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}` as const;
  };

  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given: unknown[], newTarget) =>
      Reflect.construct(target, given.length === 0 ? [Math.floor(nowMs())] : given, newTarget) as Date,
    apply: () => new RealDate(Math.floor(nowMs())).toString(),
    get: (target, key, receiver): unknown =>
      key === 'now' ? () => Math.floor(nowMs()) : (Reflect.get(target, key, receiver) as unknown),
  });
  Math.random = random;
  crypto.randomUUID = uuid;
  crypto.randomBytes = ((size: number, done?: (error: null, bytes: Buffer) => void) => {
    const bytes = fill(Buffer.alloc(size));
    if (done === undefined) return bytes;
    process.nextTick(done, null, bytes);
    return undefined;
  }) as typeof crypto.randomBytes;
  // The real function refuses wrong bounds.
  crypto.randomInt = ((...given: [number, number?, ReadyWith<number>?]) => {
    const done = given.find((each) => typeof each === 'function');
    const bounds = given.filter((each) => typeof each === 'number');
    const [from, to] = bounds.length === 1 ? [0, bounds[0] as number] : (bounds as [number, number]);
    (real.randomInt as (from: number, to: number) => number)(from, to);
    const number = from + Math.floor(random() * (to - from));
    if (done === undefined) return number;
    process.nextTick(done, null, number);
    return undefined;
  }) as typeof crypto.randomInt;
  crypto.randomFillSync = ((target: ArrayBufferView | ArrayBuffer, offset?: number, size?: number) => {
    fillBytes(part(target, offset, size));
    return target;
  }) as typeof crypto.randomFillSync;
  crypto.randomFill = (target: ArrayBufferView | ArrayBuffer, ...given: unknown[]) => {
    const [offset, size] = given.filter((each) => typeof each === 'number');
    fillBytes(part(target, offset, size));
    process.nextTick(given.at(-1) as ReadyWith<unknown>, null, target);
  };
  globalThis.crypto.randomUUID = uuid;
  globalThis.crypto.getRandomValues = fill;
  syncBuiltinESMExports();
  return () => {
    globalThis.Date = RealDate;
    Math.random = realRandom;
    crypto.randomUUID = real.randomUUID;
    crypto.randomBytes = real.randomBytes;
    crypto.randomInt = real.randomInt;
    crypto.randomFill = real.randomFill;
    crypto.randomFillSync = real.randomFillSync;
    globalThis.crypto.randomUUID = real.webUUID;
    globalThis.crypto.getRandomValues = real.getRandomValues;
    syncBuiltinESMExports();
  };
}

type ReadyWith<T> = (error: null, value: T) => void;

/** Bytes of a buffer or view; offset and size count in elements of a typed array. */
function part(target: ArrayBufferView | ArrayBuffer, offset = 0, size?: number): Uint8Array {
  const isView = ArrayBuffer.isView(target);
  const bytes = isView
    ? new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
    : new Uint8Array(target);
  const width = isView && 'BYTES_PER_ELEMENT' in target ? Number(target.BYTES_PER_ELEMENT) : 1;
  return bytes.subarray(offset * width, size === undefined ? undefined : (offset + size) * width);
}

/** sfc32, seeded from the text. */
function seeded(text: string): () => number {
  const digest = crypto.createHash('sha256').update(text).digest();
  let [a, b, c, d] = [0, 4, 8, 12].map((at) => digest.readUInt32LE(at)) as [number, number, number, number];
  return () => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
}
