/** Characters that shape text without being seen (direction overrides, tags, controls) and halves of characters; joiners stay, since scripts need them. */
const unseen = /(?![\n\u200C\u200D])[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu;

/**
 * Text that came from outside, for a message: at most `max` UTF-16 units, without characters that are not seen, in one line unless `lines` are kept. What a receiver would take as
 * markup is the business of the channel.
 */
export function plainText(text: string, max: number, { lines = false } = {}): string {
  // Cut first: what is looked at is bounded, whatever its length.
  const broken = text
    .slice(0, max * 4)
    .toWellFormed()
    .replaceAll(/\r\n?|[\u0085\u2028\u2029\v\f]/g, '\n')
    .replaceAll('\t', ' ')
    .replaceAll(unseen, '');
  const clean = lines ? broken.replaceAll(/\n{3,}/g, '\n\n').trim() : broken.replaceAll(/\s+/g, ' ').trim();
  return cutText(clean, max);
}

/** Never half of a character. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const head = text.slice(0, max - 1);
  return `${head.isWellFormed() ? head : head.slice(0, -1)}…`;
}
