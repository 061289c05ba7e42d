import { hash } from 'node:crypto';
import { type ErrorGroup, groupError, type ReportedError } from './group-error.ts';

/** An error with its group, and ids of eight bytes. */
export interface IdentifiedError extends ErrorGroup {
  readonly fingerprint: Uint8Array;
  readonly variantId: Uint8Array;
  /** Of type and message as they are: an exception that is reported again further up has the same. */
  readonly said: Uint8Array;
}

const entriesMax = 1_000;
const charactersMax = 4_000_000;

interface Known {
  readonly error: ReportedError;
  readonly found: IdentifiedError;
}

/**
 * Groups errors and remembers what it found, since most texts repeat. It holds at most twice as many texts as one generation may have: when that is full, the one
 * before it is forgotten.
 */
export class ErrorGrouper {
  #young: Generation = new Map();
  #old: Generation = new Map();
  #entries = 0;
  #characters = 0;

  group(error: ReportedError): IdentifiedError {
    const key = sampleOf(error);
    const young = findKnown(this.#young, key, error);
    if (young !== undefined) return young;
    const found = findKnown(this.#old, key, error) ?? identify(error);
    this.#remember(key, { error, found });
    return found;
  }

  #remember(key: number, known: Known): void {
    const { stack, message } = known.error;
    const length = stack.length + message.length;
    if (this.#entries >= entriesMax || this.#characters + length > charactersMax) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#entries = 0;
      this.#characters = 0;
    }
    const alike = this.#young.get(key);
    if (alike === undefined) this.#young.set(key, [known]);
    else if (alike.length < alikeMax) alike.push(known);
    else alike[this.#entries % alikeMax] = known;
    this.#entries += 1;
    this.#characters += length;
  }
}

/** By a few of their characters: the hash of a whole stack costs more than comparing it with the one that it is. */
type Generation = Map<number, Known[]>;

/** Texts made to be alike at the places that are looked at are grouped again. */
const alikeMax = 16;
/** Of the beginning, where type and message stand, every character; of the rest some. */
const beginning = 96;
const samples = 32;

function sampleOf({ stack, message, service, name }: ReportedError): number {
  const text = stack === '' ? message : stack;
  let key = (text.length * 31 + message.length) * 31 + service.length;
  const near = Math.min(beginning, text.length);
  for (let at = 0; at < near; at += 1) key = (Math.imul(key, 31) + text.charCodeAt(at)) | 0;
  const step = Math.max(1, Math.floor((text.length - near) / samples));
  for (let at = near; at < text.length; at += step) key = (Math.imul(key, 31) + text.charCodeAt(at)) | 0;
  for (const other of [service, name])
    for (let at = 0; at < other.length; at += 2) key = (Math.imul(key, 31) + other.charCodeAt(at)) | 0;
  return key;
}

function findKnown(generation: Generation, key: number, error: ReportedError): IdentifiedError | undefined {
  return generation.get(key)?.find((known) => isSame(known.error, error))?.found;
}

function isSame(a: ReportedError, b: ReportedError): boolean {
  return (
    a.stack === b.stack &&
    a.message === b.message &&
    a.type === b.type &&
    a.service === b.service &&
    a.name === b.name &&
    a.operation === b.operation &&
    a.provider === b.provider &&
    a.tool === b.tool &&
    a.httpStatus === b.httpStatus &&
    a.fingerprint === b.fingerprint
  );
}

function identify(error: ReportedError): IdentifiedError {
  const group = groupError(error);
  return {
    ...group,
    fingerprint: idOf(group.key),
    variantId: idOf(group.variant),
    said: idOf(`${group.type}\n${error.message === '' ? group.message : error.message}`),
  };
}

const idOf = (text: string): Uint8Array => hash('sha256', text, 'buffer').subarray(0, 8);
