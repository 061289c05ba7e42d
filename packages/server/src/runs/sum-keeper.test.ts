import { describeSums } from './testing/sums-contract.ts';

describeSums(1);
