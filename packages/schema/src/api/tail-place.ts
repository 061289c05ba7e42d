/**
 * Where somebody is in a live tail. The server says a place with the last event of each batch; a batch that did not come whole comes again after the connection
 * was lost, and what was passed on of it is not passed on twice.
 */
export class TailPlace {
  #id: string | undefined;
  readonly #passedSince = new Set<string>();

  /** Of the request that opens the stream again. */
  get headers(): Record<string, string> {
    return this.#id === undefined ? {} : { 'last-event-id': this.#id };
  }

  /** Whether the event was not passed on before. The id may be that of an earlier event. */
  pass({ data, id }: { readonly data: string; readonly id?: string | undefined }): boolean {
    const isNew = !this.#passedSince.has(data);
    this.#passedSince.add(data);
    if (id !== undefined && id !== this.#id) {
      this.#id = id;
      this.#passedSince.clear();
    }
    return isNew;
  }
}
