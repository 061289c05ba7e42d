/**
 * Who asks. Shares run beside each other, so that no share ever waits behind another:
 * `watch`: the canary and what else tells people that something is wrong. `alerts`: looks of rules. `page`: what a page shows by itself. `search`: lists, counts and texts by a filter
 * that somebody typed. `sql`: statements that somebody typed. `background`: what nobody waits for.
 */
export type QueryShare = 'watch' | 'alerts' | 'page' | 'search' | 'sql' | 'background';

export interface QueueState {
  readonly share: QueryShare;
  readonly running: number;
  readonly waiting: number;
  /** Refused since the start, because too many waited or the time was over before their turn. */
  readonly refused: number;
}
