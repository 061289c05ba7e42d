import { createHash } from 'node:crypto';
import {
  catalogueModels,
  catalogueVersion,
  createPriceBook,
  type OwnedPrices,
  type PriceBook,
  type PriceOverride,
} from '@sightline/schema/conventions';
import type { ModelPrices } from '../storage/telemetry-store.ts';
import { Turn } from '../storage/turn.ts';

export interface ModelName {
  readonly provider: string;
  readonly model: string;
}

export type Overrides = ReadonlyMap<string, readonly PriceOverride[]>;

/** To be raised when the same catalogue makes other rows of the table. */
const tableVersion = 1;

/** What every model costs: the catalogue under the overrides of each project. Immutable. */
export class PriceList {
  readonly #catalogue: PriceBook = createPriceBook();
  readonly #own: ReadonlyMap<string, PriceBook>;
  /** Tells whether stored prices are those of this list. */
  readonly fingerprint: string;

  constructor(overrides: Overrides) {
    this.#own = new Map([...overrides].map(([project, own]) => [project, createPriceBook(own)]));
    const content = JSON.stringify([tableVersion, catalogueVersion, [...overrides]]);
    this.fingerprint = createHash('sha256').update(content).digest('hex');
  }

  bookOf(project: string): PriceBook {
    return this.#own.get(project) ?? this.#catalogue;
  }

  /** For all projects, and for those whose overrides fit. Empty for a model that nobody has a price for. */
  pricesOf({ provider, model }: ModelName): ModelPrices {
    const general = this.#catalogue.findEntry(provider, model);
    const prices: OwnedPrices[] = general === undefined ? [] : [{ ...general, project: '' }];
    for (const [project, book] of this.#own) {
      const entry = book.findEntry(provider, model);
      if (entry !== undefined && entry.priceVersion !== general?.priceVersion)
        prices.push({ ...entry, project });
    }
    return { provider, model, prices };
  }

  /** Every model that the catalogue names and that has a price by tokens. */
  async namedModels(): Promise<readonly ModelPrices[]> {
    const names = await catalogueModels();
    const distinct = new Map(names.map((name) => [keyOf(name), name]));
    const priced: ModelPrices[] = [];
    // All names take a quarter of a second, in the middle of a start.
    const turn = new Turn();
    for (const name of distinct.values()) {
      const prices = this.pricesOf(name);
      if (prices.prices.length > 0) priced.push(prices);
      if (turn.isOver) await turn.next();
    }
    return priced;
  }
}

export const keyOf = ({ provider, model }: ModelName): string => `${provider}\n${model}`;
