/**
 * A store for the failures that a real engine does not produce on demand. It reads segment files as the engine does and
 * keeps what it saw, once per token.
 */
import { readFile } from 'node:fs/promises';
import { countItems } from '@sightline/schema/otlp';
import { StoreError, type SegmentFile } from '../../storage/telemetry-store.ts';
import type { Envelope } from '../envelope.ts';
import { scanPlain } from '../scan-segment.ts';
import type { StoredTotals } from '../ledger.ts';

export class FakeStore {
  readonly engine = { kind: 'embedded', version: 'fake' } as const;
  readonly tokens = new Set<string>();
  readonly attempts: string[] = [];
  readonly stored: Envelope[] = [];
  /** Replace to make loads fail. Called before anything is stored. */
  beforeLoad: (segment: SegmentFile, envelopes: readonly Envelope[]) => Promise<void> | void = () =>
    undefined;
  /** Replace to make the answer of a load get lost after its rows were stored. */
  afterLoad: (segment: SegmentFile) => Promise<void> | void = () => undefined;

  readonly load = async (segment: SegmentFile): Promise<{ readonly rows: number }> => {
    this.attempts.push(segment.token);
    const bytes = segment.bytes ?? (await readFile(segment.path));
    if (bytes.length !== segment.byteLength) throw new StoreError('refused', 'The file has another length.');
    const { frames, intactBytes } = scanPlain(bytes);
    if (intactBytes.length !== bytes.length) throw new StoreError('refused', 'The segment is damaged.');
    const envelopes = frames.map(({ envelope }) => envelope);
    await this.beforeLoad(segment, envelopes);
    if (!this.tokens.has(segment.token)) {
      this.tokens.add(segment.token);
      this.stored.push(...envelopes);
    }
    await this.afterLoad(segment);
    return { rows: envelopes.length };
  };

  items(signal: Envelope['signal'] = 'traces'): number {
    const own = this.stored.filter((envelope) => envelope.signal === signal);
    return own.reduce((sum, { request }) => sum + countItems(signal, request), 0);
  }

  readonly totals = async (): Promise<readonly StoredTotals[]> =>
    this.stored.map(({ signal, project, accepted, rejections, receivedUnixNano }) => ({
      signal,
      project,
      accepted,
      rejections,
      received: receivedUnixNano,
    }));
}

export const refusal = (name: string): StoreError =>
  new StoreError('refused', `Code: 27. No good. (${name})`);
export const outage = (): StoreError => new StoreError('unavailable', 'The engine does not answer.');
