import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ReceiverAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** An HTTP server of the test's own, which writes down what it is sent and answers by `answer`. */
export class Receiver {
  readonly received: Received[] = [];
  answer: (request: Received) => ReceiverAnswer | 'silence' | ((response: ServerResponse) => void) =
    () => ({});
  readonly #server = createServer((request, response) => void this.#take(request, response));

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get last(): Received {
    const last = this.received.at(-1);
    if (last === undefined) throw new Error('The receiver was sent nothing.');
    return last;
  }

  reset(): void {
    this.received.length = 0;
    this.answer = () => ({});
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', url: path = '', headers } = request;
    const received = { method, path, headers, body: Buffer.concat(chunks).toString() };
    this.received.push(received);
    const answer = this.answer(received);
    if (answer === 'silence') return;
    if (typeof answer === 'function') return answer(response);
    const { status = 200, headers: own = {}, body = '' } = answer;
    response.writeHead(status, own).end(typeof body === 'string' ? body : JSON.stringify(body));
  }
}
