import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { type LogRecord, TailPlace } from '@sightline/schema/api';
import { ApiError, queryString, request } from './client.ts';

export interface TailListener {
  /** The stream watches from now on; again after every reconnection. */
  readonly onReady: () => void;
  readonly onLogs: (logs: readonly LogRecord[]) => void;
  readonly onSkipped: (count: number) => void;
  /** The server refused the question; the tail ends. */
  readonly onRefused: (error: Error) => void;
}

const retryMs = 1500;

/** Log lines as they are stored, until `signal` aborts. A lost connection is made again, and goes on where it was lost. */
export async function tailLogs(
  q: string | undefined,
  listener: TailListener,
  signal: AbortSignal,
): Promise<void> {
  const place = new TailPlace();
  while (!signal.aborted) {
    try {
      await readOnce({ q, place, signal }, listener);
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) {
        listener.onRefused(error);
        return;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

interface Stream {
  readonly q: string | undefined;
  readonly place: TailPlace;
  readonly signal: AbortSignal;
}

async function readOnce({ q, place, signal }: Stream, listener: TailListener): Promise<void> {
  const response = await request(`/tail${queryString({ signal: 'logs', q })}`, {
    signal,
    headers: place.headers,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  for (let piece = await reader?.read(); piece !== undefined && !piece.done; piece = await reader?.read()) {
    parser.feed(piece.value);
    deliver(
      events.filter((event) => place.pass(event)),
      listener,
    );
    events = [];
  }
}

function deliver(events: readonly EventSourceMessage[], listener: TailListener): void {
  const logs: LogRecord[] = [];
  for (const { event, data } of events) {
    if (event === 'log') logs.push(JSON.parse(data) as LogRecord);
    else if (event === 'ready') listener.onReady();
    else if (event === 'skipped') listener.onSkipped((JSON.parse(data) as { count: number }).count);
  }
  if (logs.length > 0) listener.onLogs(logs);
}
