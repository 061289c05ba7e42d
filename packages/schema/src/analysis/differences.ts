/**
 * Finds the fields in which two selections of items differ. For every field it measures how far its values differ between the two (Jensen–Shannon divergence, 0
 * to 1), and how far they would differ if the items were dealt out by chance: a field of a thousand values looks different in any two halves, and only what goes beyond that counts.
 */
import { seededRandom } from '@sightline/base';

/** Which items have which values. An item may have several values of a field, or none, which is a value as well. */
export interface FieldPairs {
  readonly field: string;
  readonly values: readonly string[];
  /** Pair by pair: the item, and its value as an index of `values`. No pair stands twice. */
  readonly items: Uint32Array;
  readonly valueOf: Uint32Array;
  /** How many values there are, where the rarer ones are one here. */
  readonly distinct?: number;
}

export interface Compared {
  /** 1 for the items of A, 0 for those of B. */
  readonly inA: Uint8Array;
  readonly fields: readonly FieldPairs[];
}

export interface ValueShares {
  /** Null for the items without the field. */
  readonly value: string | null;
  readonly a: number;
  readonly b: number;
}

export interface Difference {
  readonly field: string;
  /** Other fields that split the items just so, such as the attribute that a field was read from. */
  readonly alike: readonly string[];
  /** Divergence beyond what chance makes of it, 0 to 1. */
  readonly score: number;
  readonly divergence: number;
  readonly byChance: number;
  /** How often chance alone makes the largest difference of all fields as large as this one. */
  readonly p: number;
  /** Items that have the value, by side; the most different first. */
  readonly values: readonly ValueShares[];
  /** Items of either side with the field. */
  readonly itemsWithField: number;
  readonly valueCount: number;
  /** More different values than half of the items: ids, which tell nothing about a group. */
  readonly isId: boolean;
}

/** 49 ways to deal: the smallest `p` is 0.02. */
const deals = 49;
/** Below, a difference is told as one. */
export const significantP = 0.05;
const idShare = 0.5;

/** Fields by their score, the most different first. Equal input gives equal output: chance is seeded. */
export function rankDifferences({ inA, fields }: Compared): Difference[] {
  const sides = dealSides(inA);
  const measured = foldAlike(fields, inA.length).map(({ first, alike }) => {
    const { divergences, ...one } = measure(first, inA, sides);
    const mean = divergences.reduce((sum, each) => sum + each, 0) / divergences.length;
    return { one: { ...one, alike }, chance: { divergences, mean } };
  });
  // The largest difference that chance makes in any field, deal by deal: one yardstick for all fields, however many there are.
  const largest = Float64Array.from({ length: deals }, (_, deal) =>
    measured.reduce((most, { chance }) => Math.max(most, (chance.divergences[deal] ?? 0) - chance.mean), 0),
  );
  return measured
    .map(({ chance, one }) => {
      const score = Math.max(0, one.divergence - chance.mean);
      const asLarge = largest.reduce((count, excess) => count + (excess >= score ? 1 : 0), 0);
      return { ...one, byChance: chance.mean, score, p: (1 + asLarge) / (1 + deals) };
    })
    .toSorted((x, y) => y.score - x.score || (x.field < y.field ? -1 : 1));
}

interface Alike {
  readonly first: FieldPairs;
  readonly alike: readonly string[];
}

/** Fields that split the items in the same way are one: they would fill the top of the list with one finding. */
function foldAlike(fields: readonly FieldPairs[], itemCount: number): readonly Alike[] {
  const random = seededRandom(itemCount);
  const marks = Float64Array.from({ length: itemCount }, () => Math.floor(random() * 2 ** 32));
  const groups = Map.groupBy(fields, (field) => splitOf(field, marks));
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ first, alike: others.map(({ field }) => field) }],
  );
}

/** Equal for fields whose values, whatever they are called, stand at the same items. */
function splitOf({ items, valueOf, values }: FieldPairs, marks: Float64Array): string {
  const sums = new Float64Array(values.length);
  const squares = new Float64Array(values.length);
  for (let i = 0; i < items.length; i++) {
    const mark = marks[items[i] ?? 0] ?? 0;
    const value = valueOf[i] ?? 0;
    sums[value] = ((sums[value] ?? 0) + mark) % 2 ** 52;
    squares[value] = ((squares[value] ?? 0) + (mark % 2 ** 26) ** 2) % 2 ** 52;
  }
  let [all, allSquares] = [0, 0];
  for (let value = 0; value < values.length; value++) {
    const sum = sums[value] ?? 0;
    all = (all + Math.imul(sum >>> 0, 0x9e3779b1) + (squares[value] ?? 0)) % 2 ** 52;
    allSquares = (allSquares + (sum % 2 ** 26) ** 2) % 2 ** 52;
  }
  return `${values.length} ${all} ${allSquares}`;
}

/** The sides as they are, and dealt to other items as many times. */
const sidesCount = 1 + deals;

/** For each item its side in all of these, one after the other: 1 for A. */
function dealSides(inA: Uint8Array): Uint8Array {
  const random = seededRandom(inA.length);
  const side = inA.slice();
  const sides = new Uint8Array(inA.length * sidesCount);
  for (let deal = 0; deal < sidesCount; deal++) {
    for (let i = side.length - 1; deal > 0 && i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      const kept = side[i] ?? 0;
      side[i] = side[j] ?? 0;
      side[j] = kept;
    }
    for (let item = 0; item < side.length; item++) sides[item * sidesCount + deal] = side[item] ?? 0;
  }
  return sides;
}

function measure(pairs: FieldPairs, inA: Uint8Array, sides: Uint8Array) {
  const missing = pairs.values.length;
  const whole = withMissing(pairs, inA.length);
  const found = masses(whole, sides);
  const sizes = { a: inA.reduce((sum, one) => sum + one, 0), all: inA.length };
  const diverges = (deal: number): number => divergence(found, deal, sizes);
  const itemsWithField = inA.length - whole.missingItems;
  const distinct = pairs.distinct ?? pairs.values.length;
  return {
    field: pairs.field,
    divergence: diverges(0),
    /** As they are where the sides are dealt by chance. */
    divergences: Float64Array.from({ length: deals }, (_, deal) => diverges(1 + deal)),
    values: shares(whole, inA).map(({ value, a, b }) => ({
      value: value === missing ? null : (pairs.values[value] ?? ''),
      a,
      b,
    })),
    itemsWithField,
    valueCount: pairs.values.length,
    isId: distinct > 10 && distinct > itemsWithField * idShare,
  };
}

interface WholePairs {
  readonly items: Uint32Array;
  readonly valueOf: Uint32Array;
  /** An item with several values is that much of each. */
  readonly weights: Float64Array;
  readonly valueCount: number;
  readonly missingItems: number;
}

/** With a pair for each item that lacks the field. */
function withMissing({ items, valueOf, values }: FieldPairs, itemCount: number): WholePairs {
  const counts = new Uint32Array(itemCount);
  for (const item of items) counts[item] = (counts[item] ?? 0) + 1;
  const lacking: number[] = [];
  for (let item = 0; item < itemCount; item++) if (counts[item] === 0) lacking.push(item);
  const allItems = new Uint32Array(items.length + lacking.length);
  allItems.set(items);
  allItems.set(lacking, items.length);
  const allValues = new Uint32Array(allItems.length).fill(values.length);
  allValues.set(valueOf);
  return {
    items: allItems,
    valueOf: allValues,
    weights: Float64Array.from(allItems, (item) => 1 / Math.max(1, counts[item] ?? 1)),
    valueCount: values.length + 1,
    missingItems: lacking.length,
  };
}

/** Sums of what items count for, by value. */
interface Masses {
  /** One sum for each value, over all items. */
  readonly all: Float64Array;
  /** For each value one sum for each deal, over the items of A. The sums of one value stand together: a pair of item and value is added to all deals in one pass. */
  readonly ofA: Float64Array;
}

/** How much of each value there is. */
function masses({ items, valueOf, weights, valueCount }: WholePairs, sides: Uint8Array): Masses {
  const all = new Float64Array(valueCount);
  const ofA = new Float64Array(valueCount * sidesCount);
  for (let i = 0; i < items.length; i++) {
    const value = valueOf[i] ?? 0;
    const weight = weights[i] ?? 0;
    all[value] = (all[value] ?? 0) + weight;
    const from = (items[i] ?? 0) * sidesCount;
    const into = value * sidesCount;
    for (let deal = 0; deal < sidesCount; deal++)
      ofA[into + deal] = (ofA[into + deal] ?? 0) + weight * (sides[from + deal] ?? 0);
  }
  return { all, ofA };
}

/** Jensen–Shannon, in bits. */
function divergence(
  { all: ofAll, ofA }: Masses,
  deal: number,
  { a, all }: { readonly a: number; readonly all: number },
): number {
  const b = all - a;
  if (a === 0 || b === 0) return 0;
  let sum = 0;
  for (let value = 0; value < ofAll.length; value++) {
    const mass = ofA[value * sidesCount + deal] ?? 0;
    const p = mass / a;
    const q = Math.max(0, (ofAll[value] ?? 0) - mass) / b;
    const m = (p + q) / 2;
    if (p > 0) sum += p * Math.log2(p / m);
    if (q > 0) sum += q * Math.log2(q / m);
  }
  return sum / 2;
}

const valuesListed = 8;

function shares(
  { items, valueOf, valueCount }: WholePairs,
  inA: Uint8Array,
): { value: number; a: number; b: number }[] {
  const counts = new Uint32Array(valueCount * 2);
  let sizeA = 0;
  for (const one of inA) sizeA += one;
  const sizeB = inA.length - sizeA;
  for (let i = 0; i < items.length; i++) {
    const place = (valueOf[i] ?? 0) * 2 + (inA[items[i] ?? 0] === 1 ? 0 : 1);
    counts[place] = (counts[place] ?? 0) + 1;
  }
  const more = ({ a, b }: { a: number; b: number }): number =>
    a / Math.max(1, sizeA) - b / Math.max(1, sizeB);
  // A field with only two values: both shares differ by the same amount, and the value that A has more of describes A. Rounding makes the two equal.
  const gap = (each: { a: number; b: number }): number => Math.round(Math.abs(more(each)) * 1e9);
  const all: { value: number; a: number; b: number }[] = [];
  for (let value = 0; value < valueCount; value++) {
    const [a, b] = [counts[value * 2] ?? 0, counts[value * 2 + 1] ?? 0];
    if (a + b > 0) all.push({ value, a, b });
  }
  return all
    .toSorted((x, y) => gap(y) - gap(x) || more(y) - more(x) || y.a + y.b - x.a - x.b || x.value - y.value)
    .slice(0, valuesListed);
}
