/** `0.5`, `,5` or nothing; undefined where it is no number. */
export function readScoreValue(text: string): number | null | undefined {
  const trimmed = text.trim().replace(',', '.');
  if (trimmed === '') return null;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : undefined;
}
