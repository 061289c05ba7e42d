/** Numbers words in the order of their first appearance. */
export class WordTable {
  readonly words: string[] = [];
  readonly #indexes = new Map<string, number>();

  indexOf(word: string): number {
    const known = this.#indexes.get(word);
    if (known !== undefined) return known;
    const index = this.words.length;
    this.words.push(word);
    this.#indexes.set(word, index);
    return index;
  }
}
