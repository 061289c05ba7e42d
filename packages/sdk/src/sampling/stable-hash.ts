/**
 * The sampling hash, the same in every process and language: FNV-1a, 32 bits, over the UTF-8 bytes of the id (a trace id as
 * 32 lower-case hex characters), then the 32-bit finaliser of MurmurHash3, since FNV alone leaves the high bits of similar ids alike.
 *
 *     h = 0x811c9dc5; for each byte b: h = (h xor b) * 0x01000193 mod 2^32
 *     h ^= h >> 16; h *= 0x85ebca6b; h ^= h >> 13; h *= 0xc2b2ae35; h ^= h >> 16
 *     kept when h < rate * 2^32
 */
export function stableHash(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index++) {
    const unit = id.charCodeAt(index);
    if (unit > 0x7f) return finishHash(hashBytes(Buffer.from(id, 'utf8')));
    hash = Math.imul(hash ^ unit, 0x01000193);
  }
  return finishHash(hash);
}

/** Whether the id belongs to the kept share. `rate` 0 keeps none, 1 keeps all. */
export function isKept(id: string, rate: number): boolean {
  return stableHash(id) < rate * 4294967296;
}

function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

/** The finaliser, for callers that hash without building the text. */
export function finishHash(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
