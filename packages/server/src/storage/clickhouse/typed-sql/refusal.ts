import { editDistance } from '@sightline/base';
import { StoreError } from '../../telemetry-store.ts';

/** A statement that is not run, and why: the message says where, and what to write instead where that is known. */
export function refusal(reason: string, hint = ''): StoreError {
  return new StoreError('refused', hint === '' ? reason : `${reason} ${hint}`);
}

/** `Did you mean "x"?`, or nothing where no known name is near. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const wanted = name.slice(0, 64).toLowerCase();
  let best = '';
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const each of known) {
    // There are 1,500 functions: only those that begin alike are compared.
    if (each[0]?.toLowerCase() !== wanted[0] || Math.abs(each.length - wanted.length) >= least) continue;
    const distance = editDistance(wanted, each.toLowerCase());
    if (distance < least) [best, least] = [each, distance];
  }
  return best === '' ? '' : `Did you mean "${best}"?`;
}
