/** The page that somebody is about to open, and the moment its questions were asked ahead. */
let ahead: { readonly path: string; readonly asOf: number } | undefined;

/** After this a page asks anew, however early its link was pointed at. */
const aheadMsMax = 10_000;

/** Names the moment for the questions of the page at `path`, which asks them again under the same keys. */
export function aheadMoment(path: string): number {
  ahead = { path, asOf: Date.now() };
  return ahead.asOf;
}

/** When the page that is opened now asks: the moment of its prefetch, or the present. */
export function askedMoment(): number {
  const nowMs = Date.now();
  const isAhead = ahead?.path === globalThis.location.pathname && nowMs - ahead.asOf < aheadMsMax;
  return isAhead ? (ahead?.asOf ?? nowMs) : nowMs;
}
