// The set-up is imported first, the client after it: when init runs, the client is loaded but not evaluated.
import './set-up.ts';
import { calls } from './all-clients.mjs';

console.log(await calls.openai());
