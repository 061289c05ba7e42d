import { describeSums } from './testing/sums-contract.ts';

// Both windows by all groups, of each state.
describeSums(5);
