/** Values by the ids of their texts: equal texts are equal ids, so that long prompts can be compared without being put together. */
import { missingText, replaceMarks } from '@sightline/schema/otlp';
import { idAt } from '../../restore-texts.ts';

/** Texts by id. */
export type StoredTexts = ReadonlyMap<string, string>;

// oxlint-disable-next-line no-control-regex -- no text has these characters next to an id
const id = /\u0001([0-9a-f]{32})\u0002/g;

/** The value with the id of each text in its place. */
export function byIds(value: string, textIds: string): string {
  return replaceMarks(value, (number) => {
    const id = idAt(textIds, number);
    return id === '' ? undefined : `\u0001${id}\u0002`;
  });
}

/** The text of a value `byIds`. */
export function wholeText(value: string, texts: StoredTexts): string {
  return value.includes('\u0001')
    ? value.replace(id, (_, key: string) => texts.get(key) ?? missingText)
    : value;
}
