/** Why an item cannot become a row. */
export class ItemError extends Error {
  override readonly name = 'ItemError';
}
