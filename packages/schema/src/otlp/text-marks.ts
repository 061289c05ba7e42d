/** The marks that stand in values in the place of long texts; who puts them there: content-texts.ts. */

/** More digits than those of any text: somebody wrote what only looks like a mark. */
// oxlint-disable-next-line no-control-regex -- control characters are what a mark is told by
const mark = /\u0001(\d{1,10}):(\d{1,10})\u0002/g;

/** Numbers of the texts that a value stands for, from 1. Empty for a value that is whole. */
export function textNumbers(value: string): number[] {
  return value.includes('\u0001') ? Array.from(value.matchAll(mark), ([, number]) => Number(number)) : [];
}

/** Stands for a text that is not there any more. */
export const missingText = '\u2026';

/**
 * The value with its texts. `textOf` is asked for each by its number. A mark of another length than its text, or of none, stays:
 * then somebody wrote what only looks like a mark.
 */
export function restoreTexts(value: string, textOf: (number: number) => string | undefined): string {
  return replaceMarks(value, (number, bytes) => {
    const text = textOf(number);
    if (text === undefined || text === missingText) return text;
    return Buffer.byteLength(text) === bytes ? text : undefined;
  });
}

/** The value with something else in the place of each mark, which has a number and the length of its text; undefined leaves the mark. */
export function replaceMarks(
  value: string,
  replacementOf: (number: number, bytes: number) => string | undefined,
): string {
  if (!value.includes('\u0001')) return value;
  return value.replace(
    mark,
    (all, number: string, bytes: string) => replacementOf(Number(number), Number(bytes)) ?? all,
  );
}

/** What is left of a value that was cut, without half a mark at its end. */
export function dropCutMark(value: string): string {
  const cut = value.indexOf('\u0001', value.lastIndexOf('\u0002') + 1);
  return cut < 0 ? value : value.slice(0, cut);
}
