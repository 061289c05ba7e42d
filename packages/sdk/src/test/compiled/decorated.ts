/** Compiled by tsc to ES2022, where decorators become its helper code, and run as JavaScript. */
import {
  countCalls,
  flush,
  init,
  measureErrors,
  measureTime,
  memoryExporter,
  shutdown,
  traced,
} from '@sightline/sdk';

class Shop {
  readonly #prices = new Map([['book', 12]]);

  @traced()
  @measureTime('price.duration')
  @countCalls('price.calls')
  price(item: string): number {
    return this.#prices.get(item) ?? 0;
  }

  @traced({ name: 'checkout', attributes: { step: 'pay' } })
  @measureErrors('checkout.errors')
  async checkout(items: readonly string[]): Promise<number> {
    await Promise.resolve();
    if (items.length === 0) throw new RangeError('Nothing to pay.');
    return items.reduce((sum, item) => sum + this.price(item), 0);
  }

  @traced()
  *shelves(): Generator<string> {
    yield 'novels';
    yield 'poems';
  }

  @traced()
  async *deliveries(): AsyncGenerator<number> {
    yield 1;
    await Promise.resolve();
    yield 2;
  }

  @traced()
  static open(): string {
    return 'open';
  }
}

const memory = memoryExporter();
init({ exporters: [memory], logHandlers: [], processMetrics: false, capture: 'masked' });
const shop = new Shop();
const answers: unknown[] = [Shop.open(), await shop.checkout(['book', 'book']), [...shop.shelves()]];
for await (const delivery of shop.deliveries()) answers.push(delivery);
answers.push(await shop.checkout([]).catch((error: unknown) => String(error)));
await flush();
const metrics = Object.fromEntries(
  (memory.metrics.at(-1)?.scopeMetrics ?? [])
    .flatMap((scope) => scope.metrics)
    .map((metric) => [
      metric.descriptor.name,
      metric.dataPoints.map(({ value }) => (typeof value === 'object' ? value.count : value)),
    ]),
);
const spans = memory.spans.map((span) => ({
  name: span.name,
  parent: memory.spans.find((each) => each.spanContext().spanId === span.parentSpanContext?.spanId)?.name,
  result: span.attributes['sightline.result'],
  items: span.attributes['sightline.items'],
  failed: span.status.code === 2,
}));
console.log(JSON.stringify({ answers, metrics, spans }));
await shutdown();
