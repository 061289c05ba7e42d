/**
 * Sees to it that what a call costs stands beside it. Prices of known models are in the store's table, which loads read. A
 * model that is met for the first time is looked up here, added to the table, and its few calls are priced where they are.
 * It works after loads of traces, at most once a second, and not at all while nothing comes.
 */
import type { PriceBook, PriceOverride } from '@sightline/schema/conventions';
import type { Logger } from 'pino';
import { BackgroundLooks } from '../background/background-looks.ts';
import type { CatalogDatabase } from '../catalog/catalog-database.ts';
import { readPriceOverrides, writePriceOverrides } from '../catalog/price-overrides.ts';
import { findFreshUnpriced, type UnpricedCalls, whyUnpriced } from '../query/find-unpriced.ts';
import { readPricedModels } from '../query/read-priced-models.ts';
import type { ModelPrices, TelemetryStore } from '../storage/telemetry-store.ts';
import { keyOf, type ModelName, type Overrides, PriceList } from './price-list.ts';

type Store = Pick<TelemetryStore, 'query' | 'putPrices' | 'priceSpans'>;

export interface PriceKeeperOptions {
  readonly store: Store;
  readonly catalog: CatalogDatabase;
  readonly log: Logger;
  readonly intervalMs?: number;
}

/** Senders choose the names of models: what is remembered of them is bounded. Beyond it they are looked up again. */
const namesMax = 20_000;
/** How far back a first look goes: what an earlier process may have left unpriced. */
const firstLookMs = 24 * 3_600_000;
/** A load sees the prices of its beginning and is visible at its end. */
const overlapMs = 60_000;
const retryMs = 5_000;
const pairsPerUpdate = 200;

/** The row of the table that says which list its prices are from. No span has an empty model and tokens of this project. */
const fingerprintOwner = '\u0001fingerprint';

export class PriceKeeper {
  readonly #options: PriceKeeperOptions;
  #overrides: Overrides;
  /** Until they are, the table keeps the prices it has. */
  #areOverridesRead: boolean;
  #list: PriceList;
  /** Models whose prices are in the table, and models that nobody has a price for. */
  readonly #known = new Set<string>();
  readonly #unknown = new Set<string>();
  /** Models that were met before they had a price: their calls from then stay as they are until they are repriced. */
  readonly #knownSince = new Set<string>();
  readonly #looks: BackgroundLooks;
  #lookedMs: number | undefined;
  #slowestLoadMs = 0;
  #isFilled = false;
  readonly #firstLook = Promise.withResolvers<void>();

  private constructor(options: PriceKeeperOptions, overrides: Overrides | undefined) {
    this.#options = options;
    this.#areOverridesRead = overrides !== undefined;
    this.#overrides = overrides ?? new Map();
    this.#list = new PriceList(this.#overrides);
    this.#looks = new BackgroundLooks({
      look: async () => this.#look().finally(() => this.#firstLook.resolve()),
      retryMs,
      log: options.log,
      failure: 'New calls could not be priced; trying again.',
    });
  }

  /** Begins to fill the table: what is loaded before that is done is priced right after. */
  static async open(options: PriceKeeperOptions): Promise<PriceKeeper> {
    const overrides = await readPriceOverrides(options.catalog).catch((error: unknown) => {
      options.log.warn({ err: error }, 'The prices that were set cannot be read; trying again.');
      return undefined;
    });
    const keeper = new PriceKeeper(options, overrides);
    keeper.loaded(0);
    return keeper;
  }

  /** Resolves when what an earlier process left unpriced has its prices, or could not be given them yet. */
  async firstLook(): Promise<void> {
    return this.#firstLook.promise;
  }

  bookOf(project: string): PriceBook {
    return this.#list.bookOf(project);
  }

  overridesOf(project: string): readonly PriceOverride[] {
    return this.#overrides.get(project) ?? [];
  }

  /** Resolves when calls that are loaded from now on have these prices. Those that are stored keep what they have. */
  async changeOverrides(project: string, overrides: readonly PriceOverride[]): Promise<void> {
    await this.#looks.inTurn(async () => {
      await this.#look();
      await writePriceOverrides(this.#options.catalog, project, overrides);
      this.#overrides = await readPriceOverrides(this.#options.catalog);
      this.#list = new PriceList(this.#overrides);
      const met = [...this.#known, ...this.#unknown].map(nameOf);
      if (this.#knownSince.size >= namesMax) this.#knownSince.clear();
      for (const key of this.#unknown) this.#knownSince.add(key);
      this.#unknown.clear();
      await this.#put(met.map((name) => this.#list.pricesOf(name)));
    });
  }

  /** To be called after every load of traces, with how long it took. */
  loaded(elapsedMs: number): void {
    this.#slowestLoadMs = Math.max(this.#slowestLoadMs, elapsedMs);
    const { intervalMs = 1000 } = this.#options;
    const waitMs = this.#lookedMs === undefined ? 0 : this.#lookedMs + intervalMs - performance.now();
    this.#looks.lookIn(waitMs);
  }

  /** Resolves when all that was loaded before is priced, as far as it has prices. */
  async settled(): Promise<void> {
    await this.#looks.inTurn(() => this.#look());
  }

  /** Resolves when the prices of these models, as far as there are any, are in the store's table. */
  async learn(names: readonly ModelName[]): Promise<void> {
    await this.#looks.inTurn(async () => {
      await this.#readOverrides();
      if (!this.#isFilled) await this.#fill();
      await this.#learn(names);
    });
  }

  async stop(): Promise<void> {
    await this.#looks.stop();
  }

  async #look(): Promise<void> {
    const { store } = this.#options;
    await this.#readOverrides();
    if (!this.#isFilled) await this.#fill();
    const beganMs = performance.now();
    const sinceMs = this.#lookedMs === undefined ? firstLookMs : beganMs - this.#lookedMs;
    const withinMs = sinceMs + this.#slowestLoadMs + overlapMs;
    this.#slowestLoadMs = 0;
    const calls = await findFreshUnpriced(store, withinMs);
    await this.#learn(calls);
    const priceable = calls.filter((call) => this.#isPriceable(call));
    const pairs = [...new Map(priceable.map((call) => [keyOf(call), call])).values()];
    for (let at = 0; at < pairs.length; at += pairsPerUpdate) {
      const some = pairs.slice(at, at + pairsPerUpdate);
      await store.priceSpans({ which: 'fresh', storedWithinMs: withinMs + overlapMs, pairs: some });
    }
    this.#lookedMs = beganMs;
  }

  async #readOverrides(): Promise<void> {
    if (this.#areOverridesRead) return;
    this.#overrides = await readPriceOverrides(this.#options.catalog);
    this.#list = new PriceList(this.#overrides);
    this.#areOverridesRead = true;
  }

  #isPriceable(call: UnpricedCalls): boolean {
    const key = keyOf(call);
    if (!this.#known.has(key) || this.#knownSince.has(key)) return false;
    return whyUnpriced(this.#list.bookOf(call.project), call) === undefined;
  }

  /** Looks up what was never met. */
  async #learn(names: readonly ModelName[]): Promise<void> {
    const isNew = (name: ModelName) => !this.#known.has(keyOf(name)) && !this.#unknown.has(keyOf(name));
    const distinct = new Map(names.filter(isNew).map((name) => [keyOf(name), name]));
    await this.#put([...distinct.values()].map((name) => this.#list.pricesOf(name)));
  }

  async #put(rows: readonly ModelPrices[]): Promise<void> {
    if (rows.length === 0) return;
    const isWorthARow = (row: ModelPrices) => row.prices.length > 0 || this.#known.has(keyOf(row));
    const changed = rows.filter(isWorthARow);
    if (changed.length > 0) await this.#options.store.putPrices([...changed, this.#fingerprintRow()]);
    for (const row of rows) {
      const names = row.prices.length > 0 || this.#known.has(keyOf(row)) ? this.#known : this.#unknown;
      if (names.size >= namesMax) names.clear();
      names.add(keyOf(row));
    }
  }

  /** Brings the table to this list. A start after a start with the same catalogue and overrides finds it so. */
  async #fill(): Promise<void> {
    const stored = await readPricedModels(this.#options.store, fingerprintOwner);
    for (const name of stored.models) this.#known.add(keyOf(name));
    if (stored.fingerprint !== this.#list.fingerprint) {
      const named = await this.#list.namedModels();
      const isNamed = new Set(named.map(keyOf));
      const others = stored.models.filter((name) => !isNamed.has(keyOf(name)));
      await this.#put([...named, ...others.map((name) => this.#list.pricesOf(name))]);
    }
    this.#isFilled = true;
  }

  #fingerprintRow(): ModelPrices {
    const nothing = { rows: [fingerprintPrice], tierFactors: {}, priceVersion: this.#list.fingerprint };
    return { provider: '', model: '', prices: [{ ...nothing, project: fingerprintOwner }] };
  }
}

const fingerprintPrice = {
  validFrom: 0,
  dayFrom: 0,
  dayTo: 0,
  inputAbove: 0,
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  cacheWrite1h: 0,
  reasoning: 0,
  inputAudio: 0,
  outputAudio: 0,
  request: 0,
};

function nameOf(key: string): ModelName {
  const at = key.indexOf('\n');
  return { provider: key.slice(0, at), model: key.slice(at + 1) };
}
