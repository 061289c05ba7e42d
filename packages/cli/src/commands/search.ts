import type { Invocation } from '../command.ts';
import { Interrupted } from '../exit-code.ts';
import type { Output } from '../output/output.ts';

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

const pageItemsMax = 1000;

/** Pages until `limit` items or the end. Yields page by page; the cursor neither loses nor repeats. */
export async function* readPages<Item>(
  limit: number,
  { signal }: Pick<Invocation, 'signal'>,
  fetchPage: (page: { limit: number; cursor: string | undefined }) => Promise<Page<Item>>,
): AsyncGenerator<readonly Item[], { readonly more: boolean }> {
  let cursor: string | undefined;
  let left = limit;
  while (left > 0) {
    if (signal.aborted) throw new Interrupted();
    const page = await fetchPage({ limit: Math.min(left, pageItemsMax), cursor });
    if (page.items.length > 0) yield page.items;
    left -= page.items.length;
    if (page.nextCursor === null) return { more: false };
    cursor = page.nextCursor;
  }
  return { more: true };
}

export function searchParameters({ options }: Pick<Invocation, 'options'>) {
  return { from: options.text('from'), to: options.text('to'), q: options.text('q') };
}

/** Says on standard error where the answer is not the whole truth. */
export function noteLimits(
  output: Output,
  limitsMet: readonly { readonly message: string }[] | undefined,
): void {
  for (const { message } of limitsMet ?? []) output.note(output.style.warning(`Cut short: ${message}`));
}
