import { AttributeRow } from './attribute-row.ts';
import { type DerivedItem, placeOfAttribute } from './derived-item.ts';
import { type ItemFailure, placeOfFailure } from './item-failure.ts';
import { MapColumn, TextColumn } from './native-columns.ts';
import { NumberList } from './number-list.ts';
import { isTextKey, textBytesMin } from '../../text-attributes.ts';
import { SaidTexts } from './said-texts.ts';
import { keysOfSteps } from './steps-sql.ts';

const noBytes = new Uint8Array();

/** Attributes of items: texts in a map of their own, what the conventions read of them in `item`. */
export class AttributeColumns {
  readonly columns = {
    attributes: new MapColumn(),
    long_attributes: new MapColumn(),
    attribute_types: new TextColumn(),
  };
  readonly #bytes: Uint8Array;
  readonly #item: DerivedItem;
  readonly #failure: ItemFailure;
  readonly #row: AttributeRow;
  /** By the code of a key, and one more than what is meant: 0 for none. Where no key repeats there are as many as values. */
  readonly #places = new NumberList();
  readonly #failurePlaces = new NumberList();
  readonly #textKeys = new NumberList();
  readonly #longCodes = new NumberList();
  readonly #saidPlaces = new NumberList();
  /** Where the values of the current row stand that steps have columns of. */
  readonly said: SaidTexts<keyof typeof keysOfSteps>;

  constructor(bytes: Uint8Array, item: DerivedItem, failure: ItemFailure) {
    this.#bytes = bytes;
    this.#item = item;
    this.#failure = failure;
    this.#row = new AttributeRow(bytes);
    this.said = new SaidTexts(bytes, keysOfSteps);
  }

  beginRow(): void {
    this.#row.begin();
    this.said.beginRow();
  }

  append(start: number, end: number): void {
    const { attributes, long_attributes } = this.columns;
    const code = this.#row.read(attributes, start, end);
    if (code === this.#places.length) this.#learn(attributes.dictionary.text(code));
    const { pair, value } = this.#row;
    const place = this.#places.at(code) - 1;
    if (place >= 0) this.#item.setAttribute(place, pair.valueStart, pair.valueEnd);
    const failurePlace = this.#failurePlaces.at(code) - 1;
    if (failurePlace >= 0) this.#failure.setAttribute(failurePlace, pair.valueStart, pair.valueEnd);
    const length = value.end - value.start;
    const isLong = length > 0 && (length > textBytesMin || this.#textKeys.at(code) > 0);
    const saidPlace = this.#saidPlaces.at(code) - 1;
    if (saidPlace >= 0) this.said.set(saidPlace, value, isLong);
    if (isLong) {
      long_attributes.append(this.#longCodeOf(code), value.source, value.start, value.end);
      attributes.append(code, noBytes, 0, 0);
    } else attributes.append(code, value.source, value.start, value.end);
  }

  endRow(): void {
    const { attributes, long_attributes, attribute_types } = this.columns;
    attributes.endRow();
    long_attributes.endRow();
    attribute_types.append(this.#row.letters.bytes, 0, this.#row.letters.length);
  }

  #learn(key: string): void {
    this.#places.push(placeOfAttribute(key) + 1);
    this.#failurePlaces.push(placeOfFailure(key) + 1);
    this.#textKeys.push(isTextKey(key) ? 1 : 0);
    this.#longCodes.push(0);
    this.#saidPlaces.push(this.said.placeOf(key) + 1);
  }

  #longCodeOf(code: number): number {
    if (this.#longCodes.at(code) === 0) {
      const { keyStart, keyEnd } = this.#row.pair;
      const { dictionary } = this.columns.long_attributes;
      this.#longCodes.set(code, dictionary.codeOf(this.#bytes, keyStart, keyEnd) + 1);
    }
    return this.#longCodes.at(code) - 1;
  }
}
