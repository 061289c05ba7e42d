/** The labels of a series: pairs of name and value, sorted by name, none of them empty. */
export class Labels {
  static readonly none = new Labels([]);
  /** Names and values in turn. */
  readonly flat: readonly string[];
  #key: string | undefined;

  private constructor(flat: readonly string[]) {
    this.flat = flat;
  }

  static from(entries: Iterable<readonly [string, string]>): Labels {
    const kept = [...entries].filter(([, value]) => value !== '');
    if (kept.length === 0) return Labels.none;
    return new Labels(kept.toSorted(([a], [b]) => compareText(a, b)).flat());
  }

  /** Equal for equal labels, and for no others. */
  get key(): string {
    return (this.#key ??= this.flat.map((text) => `${text.length}:${text}`).join(''));
  }

  get(name: string): string {
    for (let at = 0; at < this.flat.length; at += 2)
      if (this.flat[at] === name) return this.flat[at + 1] ?? '';
    return '';
  }

  has(name: string): boolean {
    return this.get(name) !== '';
  }

  get name(): string {
    return this.get('__name__');
  }

  *[Symbol.iterator](): Generator<[string, string]> {
    for (let at = 0; at < this.flat.length; at += 2) yield [this.flat[at] ?? '', this.flat[at + 1] ?? ''];
  }

  keep(names: ReadonlySet<string>): Labels {
    return Labels.#sorted([...this].filter(([name]) => names.has(name)));
  }

  drop(names: ReadonlySet<string>): Labels {
    return Labels.#sorted([...this].filter(([name]) => !names.has(name)));
  }

  with(name: string, value: string): Labels {
    return Labels.from([...[...this].filter(([own]) => own !== name), [name, value]]);
  }

  /** Without the name of the metric, its type and its unit. */
  withoutMetadata(): Labels {
    return this.drop(metadataLabels);
  }

  static #sorted(entries: readonly (readonly [string, string])[]): Labels {
    return entries.length === 0 ? Labels.none : new Labels(entries.flat());
  }

  toString(): string {
    return `{${[...this].map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
  }

  toObject(): Record<string, string> {
    return Object.fromEntries(this);
  }
}

export const metadataLabels: ReadonlySet<string> = new Set(['__name__', '__type__', '__unit__']);

export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Any text, but for bytes that are none. */
export const isLabelName = (name: string): boolean => name !== '' && !name.includes('\uFFFD');
