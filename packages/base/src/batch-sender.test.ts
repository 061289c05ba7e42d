import { expect, test } from 'vitest';
import { BatchSender } from './batch-sender.ts';

/** Batches that wait until they are let go. */
function gate() {
  const sent: string[][] = [];
  const waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  const send = async (items: readonly string[]): Promise<void> => {
    sent.push([...items]);
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  };
  return { sent, send, next: () => waiting.shift() };
}

test('the first item goes at once, what comes meanwhile goes together, and a full batch makes wait', async () => {
  const { sent, send, next } = gate();
  const sender = new BatchSender({ send, itemsMax: 2, bytesMax: 1_000 });
  await sender.add('a');
  expect(sent).toEqual([['a']]);
  let isAdded = false;
  const adding = sender.add('b').then(() => (isAdded = true));
  await Promise.resolve();
  expect(isAdded).toBe(false);
  next()?.resolve();
  await expect.poll(() => sent).toEqual([['a'], ['b']]);
  next()?.resolve();
  await adding;
  await sender.flush();
  expect(sender.takeUnsent()).toEqual([]);
});

test('what cannot be sent is told to who adds next, and is still there', async () => {
  const { send, next } = gate();
  const sender = new BatchSender({ send, itemsMax: 10, bytesMax: 1_000 });
  await sender.add('a');
  next()?.reject(new Error('refused'));
  await expect(sender.flush()).rejects.toThrow('refused');
  await expect(sender.add('b')).rejects.toThrow('refused');
  expect(sender.takeUnsent()).toEqual(['a', 'b']);
});
