/** Loads one span into the store below the given directory, says so and waits to be killed. */
import { join } from 'node:path';
import { openStore } from '../open-store.ts';
import { fixedClock } from './fixed-clock.ts';
import { recordOf, SegmentLoader, spansRequest } from './segments.ts';

const directory = process.argv[2] ?? '';
const store = await openStore(
  { kind: 'embedded', directory: join(directory, 'store'), writers: 1, readers: 1 },
  fixedClock,
);
const loader = new SegmentLoader(store, join(directory, 'segments'));
await loader.load('traces', [recordOf('traces', spansRequest('s', [{ trace: 'a1', span: 'b1' }]))], 'killed');
console.log('loaded');
setInterval(() => undefined, 1000);
