/** Who called the logger: module, function and line, from a short stack trace. Costs a few microseconds. */
export interface CallSite {
  readonly module: string;
  readonly function: string;
  readonly line: number;
}

/** The first frame outside `below` and this package's logging code. */
export function findCallSite(below: (...args: never[]) => unknown): CallSite | undefined {
  const limit = Error.stackTraceLimit;
  const holder: { stack?: string } = {};
  Error.stackTraceLimit = 1;
  Error.captureStackTrace(holder, below);
  Error.stackTraceLimit = limit;
  const frame = /at (?:(?:async )?(.+?) \()?(?:file:\/\/)?(\/?[^()]+?):(\d+):\d+\)?$/.exec(
    holder.stack?.split('\n')[1] ?? '',
  );
  if (frame === null) return undefined;
  const path = frame[2] ?? '';
  return {
    module: path.slice(path.lastIndexOf('/') + 1),
    function: frame[1]?.replace(/ \[as .+\]$/, '') ?? '<module>',
    line: Number(frame[3]),
  };
}
