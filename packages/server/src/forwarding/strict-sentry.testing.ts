/** A receiver that takes envelopes as Sentry's relay does: bad keys, lengths and ids are refused, limits are told. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TakenEvent {
  readonly event_id: string;
  readonly timestamp: number;
  readonly platform: string;
  readonly fingerprint: readonly string[];
  readonly release?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly contexts?: { readonly trace: { readonly trace_id: string; readonly span_id?: string } };
  readonly exception: {
    readonly values: readonly {
      readonly type: string;
      readonly value: string;
      readonly stacktrace?: {
        readonly frames: readonly { readonly function: string; readonly in_app: boolean }[];
      };
    }[];
  };
}

interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export class StrictSentry {
  readonly events: TakenEvent[] = [];
  /** Answers of the next requests, before it takes any. */
  readonly refusals: Refusal[] = [];
  /** With the next event that it takes. */
  headers: Readonly<Record<string, string>> = {};
  requests = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(({ status, headers = {}, body = '' }) =>
        response.writeHead(status, headers).end(body),
      );
    });
  }

  static async start(): Promise<StrictSentry> {
    const sentry = new StrictSentry();
    await new Promise<void>((resolve) => sentry.#server.listen(0, '127.0.0.1', resolve));
    return sentry;
  }

  get dsn(): string {
    return `http://publickey@127.0.0.1:${(this.#server.address() as AddressInfo).port}/42`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage): Promise<Refusal & { readonly body?: string }> {
    this.requests += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method !== 'POST' || request.url !== '/api/42/envelope/') return { status: 404 };
    if (request.headers['content-type'] !== 'application/x-sentry-envelope') return { status: 415 };
    if (!/^Sentry sentry_version=7, .*\bsentry_key=publickey$/.test(String(request.headers['x-sentry-auth'])))
      return { status: 403 };
    const refusal = this.refusals.shift();
    if (refusal !== undefined) return refusal;
    const bytes = Buffer.concat(chunks);
    const [headerEnd, itemEnd] = [bytes.indexOf('\n'), bytes.indexOf('\n', bytes.indexOf('\n') + 1)];
    const header = JSON.parse(bytes.subarray(0, headerEnd).toString()) as { event_id: string };
    const item = JSON.parse(bytes.subarray(headerEnd + 1, itemEnd).toString()) as {
      type: string;
      length: number;
    };
    const payload = bytes.subarray(itemEnd + 1, itemEnd + 1 + item.length);
    const event = JSON.parse(payload.toString()) as TakenEvent;
    const isWhole = bytes.length === itemEnd + 1 + item.length + 1 && item.type === 'event';
    if (!isWhole || event.event_id !== header.event_id || !/^[0-9a-f]{32}$/.test(event.event_id))
      return { status: 400 };
    if (!this.events.some(({ event_id: id }) => id === event.event_id)) this.events.push(event);
    const { headers } = this;
    this.headers = {};
    return { status: 200, headers, body: JSON.stringify({ id: event.event_id }) };
  }
}
