import { appendFile, writeFile } from 'node:fs/promises';
import { SightlineError } from '@sightline/schema/errors';
import { badOption } from '../arguments/options.ts';
import type { ApiClient } from '../client/api-client.ts';
import { exportSpans } from './export/export-traces.ts';

/** Writes one trace as OTLP/JSON lines, which a replay reads; returns how many spans it has. */
export async function saveRecording(client: ApiClient, traceId: string, path: string): Promise<number> {
  let spans = 0;
  for await (const { count, request } of exportSpans({ client }, [traceId])) {
    const line = `${JSON.stringify(request)}\n`;
    await (spans === 0 ? writeFile(path, line) : appendFile(path, line)).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw badOption(`Cannot write the recording to "${path}": ${reason}.`, 'Name another file.');
    });
    spans += count;
  }
  if (spans === 0)
    throw new SightlineError('trace_not_found', `There is no trace ${traceId}.`, {
      hint: 'Find one with "sightline traces".',
    });
  return spans;
}
