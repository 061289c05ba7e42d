/** Lets those in who have a link to a dashboard: the one place where this is decided. */
import type { IncomingHttpHeaders } from 'node:http';
import { type Clock, msFromNanos } from '@sightline/base';
import { linkHeader } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { CatalogDatabase } from '../catalog/catalog-database.ts';
import { openDashboardLink, type OpenedLink } from '../catalog/dashboard-links.ts';
import { OfferedValues } from '../dashboards/shared-dashboard.ts';
import { RequestRates } from './request-rates.ts';

interface SharedLinksOptions {
  readonly catalog: CatalogDatabase;
  readonly clock: Clock;
}

/** For each link, in each server: a look at a dashboard asks two or three times. */
const requestsPerMinute = 300;
const tokenPattern = /^[\w-]{32}$/;

export class SharedLinks {
  readonly offered = new OfferedValues();
  readonly #catalog: CatalogDatabase;
  readonly #clock: Clock;
  readonly #rates: RequestRates;

  constructor({ catalog, clock }: SharedLinksOptions) {
    this.#catalog = catalog;
    this.#clock = clock;
    this.#rates = new RequestRates(clock);
  }

  /** What the link of this request shows now, or why not. Nothing is remembered: a revoked link opens nothing from then on. */
  async open(headers: IncomingHttpHeaders): Promise<OpenedLink | SightlineError> {
    const token = headers[linkHeader];
    if (typeof token !== 'string' || !tokenPattern.test(token)) return notValid();
    const opened = await openDashboardLink(this.#catalog, token, new Date(msFromNanos(this.#clock.now())));
    if (opened === undefined) return notValid();
    const retryAfterS = this.#rates.take(opened.id, requestsPerMinute);
    if (retryAfterS === undefined) return opened;
    return new SightlineError(
      'rate_limited',
      `More than ${requestsPerMinute} requests a minute came with this link.`,
      { hint: 'Wait as long as Retry-After says.', retryAfterS },
    );
  }
}

/** The same for a link that was never made, has expired or was revoked. */
function notValid(): SightlineError {
  return new SightlineError('link_not_valid', 'This link shows nothing, or nothing any more.', {
    hint: 'Ask whoever gave it to you for a new one.',
  });
}
