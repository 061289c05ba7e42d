import { sourceText, type TextScope } from './derive-source.ts';
import type { SpanTimes } from './first-token.ts';
import {
  numberedFields,
  type NumberedField,
  type Rule,
  rulesOfAttributes,
  rulesOfResource,
} from './rules.ts';

/** A span or log record as the engine keeps it: of each attribute the text, '' for none. */
export interface Item extends TextScope {
  /** Of the attribute at this place in `attributesRead`. */
  readonly attributeAt: (place: number) => string;
  /** What it says anything of: places in `attributesRead`, each once. */
  readonly said: readonly number[];
  /** Places in `resourceAttributesRead`. */
  readonly saidOfResource: readonly number[];
  readonly times?: SpanTimes | undefined;
}

const fieldCount = Object.keys(numberedFields).length;
const none: readonly Rule[] = [];
const silent: Item = {
  name: '',
  attribute: () => '',
  attributeAt: () => '',
  resource: () => '',
  said: [],
  saidOfResource: [],
};

/** An item with the rules that may find something in it, in their order. */
export class Said {
  item: Item = silent;
  readonly rules: Rule[] = [];
  /** By field where its rules begin, and after the last where they end. */
  readonly starts = new Int16Array(fieldCount + 1);

  read(item: Item): this {
    this.item = item;
    this.rules.length = 0;
    for (const place of item.said) this.#add(rulesOfAttributes[place] ?? none);
    for (const place of item.saidOfResource) this.#add(rulesOfResource[place] ?? none);
    let at = 0;
    for (let field = 0; field <= fieldCount; field += 1) {
      while (at < this.rules.length && (this.rules[at] as Rule).field < field) at += 1;
      this.starts[field] = at;
    }
    return this;
  }

  has({ number }: NumberedField): boolean {
    return this.starts[number] !== this.starts[number + 1];
  }

  rulesOf({ number }: NumberedField): readonly Rule[] {
    return this.rules.slice(this.starts[number], this.starts[number + 1]);
  }

  #add(added: readonly Rule[]): void {
    const { rules } = this;
    for (const rule of added) {
      let at = rules.push(rule) - 1;
      for (; at > 0 && (rules[at - 1] as Rule).place > rule.place; at -= 1) rules[at] = rules[at - 1] as Rule;
      rules[at] = rule;
    }
  }
}

export const textOf = ({ plain, source }: Rule, item: Item, isNumber: boolean): string =>
  plain >= 0 ? item.attributeAt(plain) : sourceText(source, item, isNumber);
