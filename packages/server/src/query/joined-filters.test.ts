import { describeJoinedFilters } from './testing/joined-filters-contract.ts';
import { TestStore } from './testing/test-store.ts';

describeJoinedFilters(async (now) => TestStore.open(now));
