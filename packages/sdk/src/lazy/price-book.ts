/** The server's own prices: 800 KB of data, read only by programs that make model calls (see core/load-lazily.ts). */
import { createPriceBook } from '@sightline/schema/conventions';
import type { Prices } from '../agent/price.ts';

export const prices: Prices = createPriceBook();
