/** Writes the moments that a sentence of the server names as its reader tells time. */
export function timesIn(sentence: string, textOf: (time: string) => string): string {
  return sentence.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, textOf);
}
