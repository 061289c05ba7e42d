export { itemsAsText } from './write-items.ts';
export { readItemsFile } from './read-items-file.ts';
