import type { Server } from 'node:net';
import type { Logger } from 'pino';
import { type Counters, gauge, type Metric } from './ingest-metrics.ts';

type Port = 'ui' | 'otlp_http' | 'otlp_grpc';

const logEveryMs = 10_000;

/**
 * Holds every port to `connectionsMax` open connections. A connection beyond it is closed before a byte of it is read,
 * counted and logged. Silent ones make room when their time for a request is over.
 */
export class Connections {
  readonly #open = new Map<Port, number>();
  readonly #connectionsMax: number;
  readonly #counters: Counters;
  readonly #log: Logger;
  #loggedMs = -Infinity;

  constructor({
    connectionsMax,
    counters,
    log,
  }: {
    readonly connectionsMax: number;
    readonly counters: Counters;
    readonly log: Logger;
  }) {
    this.#connectionsMax = connectionsMax;
    this.#counters = counters;
    this.#log = log;
  }

  /** To be called once for each server that listens; a port may have several, one for each address. */
  limit(server: Server, port: Port): void {
    this.#count(port, 0);
    server.maxConnections = this.#connectionsMax;
    server.on('connection', (socket) => {
      this.#count(port, 1);
      socket.once('close', () => this.#count(port, -1));
    });
    server.on('drop', () => {
      this.#counters.add('sightline_connections_refused_total', { port }, 1);
      if (performance.now() - this.#loggedMs < logEveryMs) return;
      this.#loggedMs = performance.now();
      this.#log.warn(
        { port, connectionsMax: this.#connectionsMax },
        'Connections are refused: the port has as many as it may.',
      );
    });
  }

  metrics(): Metric[] {
    return [
      {
        name: 'sightline_connections',
        help: 'Open connections, by port.',
        type: 'gauge',
        samples: [...this.#open].map(([port, value]) => ({ labels: { port }, value })),
      },
      gauge(
        'sightline_connections_max',
        'Bound of sightline_connections of each port.',
        this.#connectionsMax,
      ),
    ];
  }

  #count(port: Port, by: number): void {
    this.#open.set(port, (this.#open.get(port) ?? 0) + by);
  }
}
