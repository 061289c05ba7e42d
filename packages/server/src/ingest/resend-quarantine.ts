/**
 * Tries again to bring pieces of the quarantine into the tables, after the reason for their refusal was mended. A piece keeps the token
 * it was refused with, so that trying again after a crash stores nothing twice, and stays where it is until it is stored.
 */
import type { QuarantineResent } from '@sightline/schema/api';
import { StoreError, type TelemetryStore } from '../storage/telemetry-store.ts';
import { openToRead } from './disk.ts';
import { scanPlain } from './scan-segment.ts';
import type { Quarantine, QuarantinedPiece } from './quarantine.ts';

export interface ResendOptions {
  readonly store: Pick<TelemetryStore, 'load'>;
  readonly quarantine: Quarantine;
  /** Runs one load where it does not meet those who want nothing to be loaded. */
  readonly aside: (task: () => Promise<void>) => Promise<void>;
  /** The piece is in the tables now. */
  readonly stored: (piece: QuarantinedPiece) => void;
}

/** So many pieces, the first after the name `after`. Throws StoreError `unavailable`; nothing is lost then. */
export async function resendQuarantine(
  { store, quarantine, aside, stored }: ResendOptions,
  { after, piecesMax }: { readonly after: string; readonly piecesMax: number },
): Promise<QuarantineResent> {
  if (after === '') await quarantine.measure();
  const names = (await quarantine.names()).filter((name) => name > after);
  const tried = names.slice(0, piecesMax);
  const result = { stored: 0, refused: 0, damaged: 0, items: 0, reasons: new Set<string>() };
  for (const name of tried) {
    const piece = await quarantine.read(name);
    if (piece === undefined) continue;
    if (!(await isWhole(piece))) {
      result.damaged += 1;
      continue;
    }
    await aside(async () => {
      try {
        const { signal, path, token, bytes } = piece;
        await store.load({ signal, path, byteLength: bytes, token });
      } catch (error) {
        if (!(error instanceof StoreError) || error.kind !== 'refused') throw error;
        result.refused += 1;
        result.reasons.add(error.message);
        return;
      }
      stored(piece);
      await quarantine.remove(piece);
      result.stored += 1;
      result.items += piece.items;
    });
  }
  return {
    ...result,
    reasons: [...result.reasons].slice(0, 10),
    next: names.length > tried.length ? (tried.at(-1) ?? null) : null,
  };
}

/** One record as it was written. What was set aside for damage is not, and would only be refused or, worse, not be. */
async function isWhole({ path, bytes }: QuarantinedPiece): Promise<boolean> {
  const content = await readBytes(path).catch(() => undefined);
  if (content === undefined || content.length !== bytes) return false;
  const { frames, intactBytes } = scanPlain(content);
  return frames.length === 1 && intactBytes.length === bytes;
}

async function readBytes(path: string): Promise<Buffer> {
  await using file = await openToRead(path);
  return await file.readFile();
}
