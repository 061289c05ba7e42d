import { StoreError } from '../telemetry-store.ts';

/** ClickHouse's error numbers by what the caller can do about them. */
const timeCodes = new Set([159, 160]);
const rowCodes = new Set([158, 307, 396]);
const memoryCodes = new Set([241, 173]);
/**
 * Trying again later may help: disk (74, 75, 76, 243, 412), network and cluster (209, 210, 225, 242, 279, 319, 425, 999),
 * pressure (202, 252, 439), stopping (236, 394, 735), a store that is not set up or not open to us yet (60, 81, 164, 192, 194, 497, 516).
 */
const unavailableCodes = new Set([
  74, 75, 76, 243, 412, 209, 210, 225, 242, 279, 319, 425, 999, 202, 252, 439, 236, 394, 735, 60, 81, 164,
  192, 194, 497, 516,
]);

/** Any failure of an engine as the StoreError the contract promises. `doing` decides what memory pressure means. */
export function storeErrorFrom(error: unknown, doing: 'query' | 'load' | 'command'): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error, message);
  const text = summary(message);
  if (code === undefined) return new StoreError('unavailable', text, { cause: error });
  if (doing === 'query') {
    if (timeCodes.has(code)) return new StoreError('limit', text, { cause: error, limit: 'time' });
    if (rowCodes.has(code)) return new StoreError('limit', text, { cause: error, limit: 'rows' });
    if (memoryCodes.has(code)) return new StoreError('limit', text, { cause: error, limit: 'memory' });
    // The table or database was named by the query.
    if (code === 60 || code === 81 || code === 164) return new StoreError('refused', text, { cause: error });
  }
  const isTransient = unavailableCodes.has(code) || timeCodes.has(code) || memoryCodes.has(code);
  return new StoreError(isTransient ? 'unavailable' : 'refused', text, { cause: error });
}

/** Undefined for failures that did not come from the engine: sockets, timeouts, a closed session. */
function codeOf(error: unknown, message: string): number | undefined {
  const found = /Code: (\d+)\. /.exec(message)?.[1];
  if (found !== undefined) return Number(found);
  const { code, clickhouseCode } = error as { code?: unknown; clickhouseCode?: unknown };
  if (typeof clickhouseCode === 'number') return clickhouseCode;
  return typeof code === 'string' && /^\d+$/.test(code) ? Number(code) : undefined;
}

/** The engine's message without its number and the text of our own statement. */
function summary(message: string): string {
  const bare = message
    .replace(/^Code: \d+\. (DB::Exception: )?/, '')
    .replace(/: (While|In scope|while) [\s\S]*$/, '')
    .replace(/ in scope [\s\S]*?(?=\. Maybe you meant|: Note:|\. \([A-Z_]+\)\s*$|$)/, '');
  return bare.length > 600 ? `${bare.slice(0, 600)}…` : bare;
}
