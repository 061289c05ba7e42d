/** Reads YAML so that a problem can be told with its place. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

export interface FileProblem {
  readonly place: string;
  readonly message: string;
  readonly caret: string;
  readonly hint: string;
}

/** A value of the file, with where it is. */
export class YamlValue {
  readonly value: unknown;
  readonly #node: Node | null;
  readonly #lines: LineCounter;

  constructor(node: Node | null, lines: LineCounter) {
    this.#node = node;
    this.#lines = lines;
    this.value = node?.toJSON();
  }

  get place(): string {
    const offset = this.#node?.range?.[0];
    return offset === undefined ? 'the file' : `line ${this.#lines.linePos(offset).line}`;
  }

  /** Undefined where there is nothing of this name. */
  get(name: string): YamlValue | undefined {
    const found = isMap(this.#node) ? this.#node.get(name, true) : undefined;
    return found === undefined || found === null ? undefined : new YamlValue(found, this.#lines);
  }

  /** As it would be written; '' of lists and maps. */
  get text(): string {
    const { value } = this;
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : '';
  }

  items(): YamlValue[] {
    return isSeq(this.#node) ? this.#node.items.map((item) => new YamlValue(item as Node, this.#lines)) : [];
  }

  names(): string[] {
    return isMap(this.#node)
      ? this.#node.items.map(({ key }) => String(isScalar(key) ? key.value : key))
      : [];
  }

  get isList(): boolean {
    return isSeq(this.#node);
  }

  get isMap(): boolean {
    return isMap(this.#node);
  }
}

/** Aliases are bounded: a small file does not become a large one. */
const aliasesMax = 100;

export function readYaml(text: string): {
  readonly root: YamlValue;
  readonly problems: readonly FileProblem[];
} {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems = document.errors.map(({ message, pos: [offset] }): FileProblem => {
    const { line } = lines.linePos(offset);
    return { place: `line ${line}`, message, caret: '', hint: 'The file is YAML.' };
  });
  if (problems.length > 0) return { root: new YamlValue(null, lines), problems };
  try {
    document.toJS({ maxAliasCount: aliasesMax });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      root: new YamlValue(null, lines),
      problems: [{ place: 'the file', message, caret: '', hint: 'Write it without aliases.' }],
    };
  }
  return { root: new YamlValue(document.contents, lines), problems: [] };
}
