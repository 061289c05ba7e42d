import { expect, it } from 'vitest';
import { allPages, pageGroups, shownPages } from './pages.ts';

const seen = (path: string) =>
  pageGroups.flatMap((group) => shownPages(group, path, false)).map(({ to }) => to);

it('shows ten entries at most, and always the page that is open', () => {
  expect(seen('/').length).toBeLessThanOrEqual(10);
  expect(seen('/prices')).toContain('/prices');
  expect(seen('/')).not.toContain('/prices');
});

it('has a key of its own for each page', () => {
  expect(new Set(allPages.map(({ key }) => key)).size).toBe(allPages.length);
});
