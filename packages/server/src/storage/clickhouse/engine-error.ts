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

/** Files of the store that are not as they were written, whatever was asked. */
const damageCodes = new Set([40, 79, 91, 107, 226, 227, 228, 231, 246, 271, 432, 740]);
/** These tell of damage where the message names a part or a file of the store; bad input has them, too. */
const damageOfPartCodes = new Set([3, 9, 32, 33, 49, 117, 128, 131, 190]);
const ofPart = /while reading from part|while reading column|\bdata part\b|\(in file|in file \S*\bstore\//i;
/** What is loaded lies in a file as well: what is wrong with it is wrong with what came. */
const ofLoad = /\bscratch\//;

/**
 * What is wrong with a statement that somebody typed: its words, names, types and values. Every other failure of such a statement is the store's: it is only made of tables, functions and
 * settings that exist.
 */
const statementCodes = new Set([
  // Words, names and the form of the statement.
  37, 46, 47, 51, 52, 62, 63, 80, 121, 129, 133, 134, 141, 161, 162, 165, 166, 167, 168, 174, 179, 181, 182,
  183, 184, 206, 207, 208, 211, 215, 223, 229, 258, 306, 309, 352, 353, 403, 406, 417, 418, 440, 446, 475,
  476, 498, 544, 545, 557, 558, 572, 582, 596, 628, 264, 284, 288,
  // Arguments and types.
  1, 2, 7, 8, 9, 10, 11, 12, 13, 15, 16, 19, 20, 34, 35, 36, 42, 43, 44, 48, 50, 53, 59, 68, 69, 70, 116, 120,
  122, 124, 125, 127, 135, 169, 170, 190, 191, 321, 344, 349, 366, 377, 378, 386, 397, 407, 421, 438, 455,
  456, 457, 471, 527, 549, 645,
  // Values that cannot be read or computed.
  6, 25, 26, 27, 28, 38, 41, 72, 117, 128, 130, 131, 153, 186, 187, 262, 346, 360, 376, 427, 441, 447, 467,
  490, 563, 592, 621, 632, 675, 676, 691,
  // What a wall behind the grammar refuses.
  164, 452, 472, 497, 620,
]);

/**
 * Any failure of an engine as the StoreError the contract promises. `doing` decides what memory pressure means; `database` is ours,
 * which a typed statement cannot be without.
 */
export function storeErrorFrom(
  error: unknown,
  doing: 'query' | 'typed' | 'load' | 'command',
  database = '',
): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error, message);
  const text = summary(message);
  if (code === undefined) return new StoreError('unavailable', text, { cause: error });
  if (damageCodes.has(code) || (damageOfPartCodes.has(code) && ofPart.test(message) && !ofLoad.test(message)))
    return new StoreError('damaged', text, { cause: error });
  if (doing === 'query' || doing === 'typed') {
    // The engine as a whole has no memory left, whoever uses it.
    if (memoryCodes.has(code) && /\(total\)/.test(message))
      return new StoreError('unavailable', text, { cause: error });
    if (timeCodes.has(code)) return new StoreError('limit', text, { cause: error, limit: 'time' });
    if (rowCodes.has(code)) return new StoreError('limit', text, { cause: error, limit: 'rows' });
    if (memoryCodes.has(code)) return new StoreError('limit', text, { cause: error, limit: 'memory' });
    if (doing === 'typed') {
      // A name of WITH that the engine does not see there; our own tables exist. To read past the end is to convert an empty text, or a broken part.
      const isOfStatement =
        statementCodes.has(code) ||
        (code === 60 && message.includes('(WITH)')) ||
        // A name with a dot where the engine looks for tables, too.
        (code === 81 && !message.includes(`Database ${database} `)) ||
        (code === 32 && /while converting|Cannot parse/i.test(message));
      return new StoreError(isOfStatement ? 'refused' : 'unavailable', text, { cause: error });
    }
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
