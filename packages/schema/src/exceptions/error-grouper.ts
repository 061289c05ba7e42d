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
    const { type, message, stack, service, name, operation, provider, tool } = error;
    const rest = `${message}\n${type}\n${service}\n${name}\n${operation}\n${provider}\n${tool}`;
    const young = this.#young.get(stack)?.get(rest);
    if (young !== undefined) return young;
    const found = this.#old.get(stack)?.get(rest) ?? identify(error);
    this.#remember(stack, rest, found);
    return found;
  }

  #remember(stack: string, rest: string, found: IdentifiedError): void {
    const length = stack.length + rest.length;
    if (this.#entries >= entriesMax || this.#characters + length > charactersMax) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#entries = 0;
      this.#characters = 0;
    }
    const same = this.#young.get(stack);
    if (same === undefined) this.#young.set(stack, new Map([[rest, found]]));
    else same.set(rest, found);
    this.#entries += 1;
    this.#characters += length;
  }
}

/** By the stack, then by all else: a long stack is not copied to look it up. */
type Generation = Map<string, Map<string, IdentifiedError>>;

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
