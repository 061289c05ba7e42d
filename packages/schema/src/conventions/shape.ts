import type { OperationKind } from '../api/traces.ts';
import { countFields, type DerivedColumn, type FieldName } from './fields.ts';
import { namedOperations, withoutNames } from './named-operations.ts';
import { plainOperations } from './operation-table.ts';
import {
  attributesRead,
  numberedFields,
  type NumberedField,
  namesRead,
  plainOperationsOf,
  resourceAttributesRead,
  type Rule,
  rulesOfAttributes,
  rulesOfResource,
} from './rules.ts';

const fieldCount = Object.keys(numberedFields).length;

/** Where an item's resource attributes have their places, behind those of `attributesRead`; behind both, that it has an event that counts, and then the names of `namesRead`. */
export const resourcePlace = attributesRead.length;
export const eventPlace = resourcePlace + resourceAttributesRead.length;
export const namePlace = eventPlace + 1;
export const placesMax = namePlace + namesRead.length;

const rulesOf = (place: number): readonly Rule[] =>
  (place < resourcePlace ? rulesOfAttributes[place] : rulesOfResource[place - resourcePlace]) ?? [];

/** Bits for what a field is read from. Attributes have theirs in the order in which they are said, all from the 30th on the last of these. */
const attributeBitsMax = 30;
export const nameChanged = 1 << 30;
/** Times are of each item its own. */
export const timesChanged = 1 << 31;
export const attributeChanged = (index: number): number => 1 << Math.min(index, attributeBitsMax - 1);

/** Which attributes an item says, and so which rules may find something in it: found once for all items that say the same. */
export class Shape {
  /** In the order in which they were read. */
  readonly places: readonly number[];
  /** In their order. */
  readonly rules: readonly Rule[];
  /** By field where its rules begin, and after the last where they end. */
  readonly starts: Int16Array;
  /** What it is where no rule says so. */
  readonly plainOperation: OperationKind;

  constructor(places: readonly number[]) {
    this.places = places;
    this.rules = places.flatMap(rulesOf).toSorted((a, b) => a.place - b.place);
    this.starts = Int16Array.from({ length: fieldCount + 1 }, (_, field) => {
      const at = this.rules.findIndex((rule) => rule.field >= field);
      return at < 0 ? this.rules.length : at;
    });
    const plain = Math.min(...places.map((place) => plainOperationsOf[place] ?? plainOperations.length));
    const byAttributes = plainOperations[plain]?.operation ?? 'other';
    const name = places.find((place) => place >= namePlace);
    const byName = name === undefined ? undefined : namedOperations[namesRead[name - namePlace] ?? ''];
    this.plainOperation = byName === undefined || withoutNames.includes(byAttributes) ? byAttributes : byName;
  }

  has({ number }: NumberedField): boolean {
    return this.starts[number] !== this.starts[number + 1];
  }

  rulesOf({ number }: NumberedField): readonly Rule[] {
    return this.rules.slice(this.starts[number], this.starts[number + 1]);
  }

  /** Bits of what this field is read from; 0 where it has no value whatever is said. */
  readsOf(column: DerivedColumn): number {
    const rules = askedFor(column).flatMap((field) => this.rulesOf(numberedFields[field]));
    const ofRules = rules.reduce((bits, rule) => bits | this.#readsOfRule(rule), 0);
    const isTold = rules.length > 0 || this.places.includes(eventPlace);
    if (column === 'ttft_ms') return isTold ? ofRules | timesChanged : 0;
    return column === 'operation' && this.plainOperation !== 'other'
      ? ofRules | this.#readsOfPlaces(this.places)
      : ofRules;
  }

  #readsOfRule({ source }: Rule): number {
    const ofResource = resourcePlace + resourceAttributesRead.indexOf(source.name);
    const ofAttribute = attributesRead.indexOf(source.name);
    const guards = (source.when ?? []).map(({ attribute }) => attributesRead.indexOf(attribute));
    const own = source.from === 'name' ? [] : [source.from === 'resource' ? ofResource : ofAttribute];
    return this.#readsOfPlaces([...own, ...guards]) | (source.from === 'name' ? nameChanged : 0);
  }

  #readsOfPlaces(places: readonly number[]): number {
    return places.reduce((bits, place) => {
      const index = this.places.indexOf(place);
      return index < 0 ? bits : bits | attributeChanged(index);
    }, 0);
  }
}

/** The fields whose rules are asked for a column. */
function askedFor(column: DerivedColumn): readonly FieldName[] {
  if (column === 'model') return ['response_model', 'request_model'];
  if (column === 'cost_usd') return ['cost_usd', 'cost_parts', ...countFields];
  if (column === 'ttft_ms') return ['ttft_ms', 'first_token_time'];
  return [column, ...(numberedFields[column].contains ?? [])];
}

/** A shape that more attributes may follow. */
export class ShapeNode {
  readonly #tree: Tree;
  readonly #places: readonly number[];
  readonly #following = new Map<number, ShapeNode>();
  #shape: Shape | undefined;

  constructor(tree: Tree, places: readonly number[]) {
    this.#tree = tree;
    this.#places = places;
  }

  /** The shape with one more attribute, which it has not yet. */
  with(place: number): ShapeNode {
    const known = this.#following.get(place);
    if (known !== undefined) return known;
    const node = new ShapeNode(this.#tree, [...this.#places, place]);
    if (this.#tree.nodes < nodesMax) {
      this.#tree.nodes += 1;
      this.#following.set(place, node);
    }
    return node;
  }

  get shape(): Shape {
    return (this.#shape ??= new Shape(this.#places));
  }
}

interface Tree {
  nodes: number;
}

/** Programs say a few hundred shapes. Whoever sends more has them found anew each time, and is forgotten. */
const nodesMax = 5_000;
let tree: Tree = { nodes: 0 };
let root = new ShapeNode(tree, []);

/** Of an item that says nothing. */
export function noAttributes(): ShapeNode {
  if (tree.nodes >= nodesMax) {
    tree = { nodes: 0 };
    root = new ShapeNode(tree, []);
  }
  return root;
}
