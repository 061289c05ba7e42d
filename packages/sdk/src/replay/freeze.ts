/** Time, random numbers and ids that are the same in every replay of one recording. Returns what lets them go again. */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

export function freeze(seed: string, nowMs: () => number): () => void {
  const RealDate = globalThis.Date;
  const realRandom = Math.random;
  const real = {
    randomUUID: crypto.randomUUID,
    randomBytes: crypto.randomBytes,
    // oxlint-disable-next-line typescript/unbound-method
    webUUID: crypto.webcrypto.randomUUID,
    // oxlint-disable-next-line typescript/unbound-method
    getRandomValues: crypto.webcrypto.getRandomValues,
  };
  const random = seeded(seed);
  const fill = <T extends ArrayBufferView>(view: T): T => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let at = 0; at < bytes.length; at++) bytes[at] = Math.floor(random() * 256);
    return view;
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
  globalThis.crypto.randomUUID = uuid;
  globalThis.crypto.getRandomValues = fill;
  syncBuiltinESMExports();
  return () => {
    globalThis.Date = RealDate;
    Math.random = realRandom;
    crypto.randomUUID = real.randomUUID;
    crypto.randomBytes = real.randomBytes;
    globalThis.crypto.randomUUID = real.webUUID;
    globalThis.crypto.getRandomValues = real.getRandomValues;
    syncBuiltinESMExports();
  };
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
