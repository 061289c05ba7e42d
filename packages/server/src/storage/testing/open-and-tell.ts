/** Tries to open the store in the given directory and prints the code of the error. */
import { SightlineError } from '@sightline/schema/errors';
import { openStore } from '../open-store.ts';
import { fixedClock } from './fixed-clock.ts';

try {
  await openStore({ kind: 'embedded', directory: process.argv[2] ?? '', writers: 1, readers: 1 }, fixedClock);
  console.log('opened');
} catch (error) {
  console.log(error instanceof SightlineError ? error.code : String(error));
}
setInterval(() => undefined, 1000);
