/** Readers of JSON call themselves for every level; what nests deeper than any payload that means something would end them. */
const depthMax = 256;

const quote = 0x22;
const backslash = 0x5c;

/**
 * The value of a JSON text. Throws a SyntaxError where it is none, and where lists and maps nest deeper than 256 levels: recursion over
 * what is returned is safe, `JSON.stringify` too.
 */
export function parseJson(text: string): unknown {
  if (mayNestTooDeep(text) && nestsTooDeep(text))
    throw new SyntaxError(`Lists and maps nest deeper than ${depthMax} levels.`);
  return JSON.parse(text) as unknown;
}

/** Whether there are more open brackets than a text may have that is no nearer looked at. The engine's own search takes a tenth of the time. */
function mayNestTooDeep(text: string): boolean {
  // Each level takes two characters.
  if (text.length <= 2 * depthMax) return false;
  let left = depthMax;
  for (const bracket of '[{')
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (left === 0) return true;
      left -= 1;
    }
  return false;
}

function nestsTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return false;
}

/** Most of a payload is inside of strings, which are skipped by the engine's own search. */
function endOfString(text: string, open: number): number {
  for (let end = text.indexOf('"', open + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (text.charCodeAt(first - 1) === backslash) first -= 1;
    if ((end - first) % 2 === 0) return end;
  }
  return text.length;
}
