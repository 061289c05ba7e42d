const nanosPerUnit: Readonly<Record<string, bigint>> = {
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
};

/** Puts nanoseconds in for `"@now"`, `"@now-31d"` and the like in JSON text; with `#` before the quote, as a number. */
export function expandTimes(json: string, now: bigint): string {
  return json.replaceAll(
    /"@now(?:([+-]\d+)([smhd]))?(#?)"/g,
    (_, amount?: string, unit?: string, bare?: string) => {
      const time = now + BigInt(amount ?? 0) * (nanosPerUnit[unit ?? 's'] ?? 0n);
      return bare ? String(time) : `"${time}"`;
    },
  );
}
