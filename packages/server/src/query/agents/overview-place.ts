export interface SumPlace {
  readonly isCurrent: boolean;
  readonly step?: bigint;
  readonly key?: string | undefined;
}

/** Names one sum among all. */
export function placeName({ isCurrent, step, key }: SumPlace): string {
  return JSON.stringify([isCurrent, step === undefined ? null : String(step), key ?? null]);
}
