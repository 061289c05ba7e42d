/** Names one log record: its time and number, in one opaque word. */
export interface LogIdentity {
  readonly timeNanos: string;
  readonly logId: string;
}

export function writeLogId({ timeNanos, logId }: LogIdentity): string {
  return `${BigInt(timeNanos).toString(36)}-${BigInt(logId).toString(36)}`;
}

export function parseLogId(id: string): LogIdentity | undefined {
  const match = /^([0-9a-z]{1,13})-([0-9a-z]{1,13})$/.exec(id);
  if (match === null) return undefined;
  const timeNanos = fromBase36(match[1] ?? '');
  const logId = fromBase36(match[2] ?? '');
  if (timeNanos >= 2n ** 63n || logId >= 2n ** 64n) return undefined;
  return { timeNanos: timeNanos.toString(), logId: logId.toString() };
}

function fromBase36(digits: string): bigint {
  let value = 0n;
  for (const digit of digits) value = value * 36n + BigInt(Number.parseInt(digit, 36));
  return value;
}
