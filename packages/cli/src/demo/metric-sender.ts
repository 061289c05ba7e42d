import { ensure } from '@sightline/base';
import { jsonToProtobuf } from '@sightline/schema/otlp';
import type { ApiClient } from '../client/api-client.ts';
import { sendRequest } from '../transfer/send-requests.ts';

/**
 * Sends metrics requests, one at a time; what comes meanwhile goes out together, since protobuf requests concatenate. A busy server
 * is waited for. Never throws: what could not be sent is told to `onFailure`.
 */
export class MetricSender {
  readonly #client: ApiClient;
  readonly #abort: AbortSignal;
  readonly #onFailure: (reason: string) => void;
  #waiting: Uint8Array[] = [];
  #sending: Promise<void> | undefined;

  constructor(client: ApiClient, abort: AbortSignal, onFailure: (reason: string) => void) {
    this.#client = client;
    this.#abort = abort;
    this.#onFailure = onFailure;
  }

  /** Resolves when this request is sent or given up. */
  async send(json: Uint8Array): Promise<void> {
    const converted = jsonToProtobuf('metrics', json);
    this.#waiting.push(ensure(converted.ok ? converted.value : undefined, 'metrics of the SDK'));
    this.#sending ??= this.#sendWaiting().finally(() => (this.#sending = undefined));
    await this.#sending;
  }

  async #sendWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const request = Buffer.concat(this.#waiting.splice(0));
      try {
        await sendRequest('metrics', request, { client: this.#client, abort: this.#abort, onWait: () => {} });
      } catch (error) {
        this.#onFailure(error instanceof Error ? error.message : String(error));
      }
    }
  }
}
