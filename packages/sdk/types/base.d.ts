/** What of `@sightline/base` the SDK calls, for the build of its types, in which sources of other packages have no place. */
export declare function inPieces<Item>(
  items: readonly Item[],
  bounds: { readonly itemsMax: number; readonly bytesMax: number },
): Item[][];

export declare class BatchSender<Item> {
  constructor(options: {
    readonly send: (items: readonly Item[]) => Promise<void>;
    readonly itemsMax: number;
    readonly bytesMax: number;
  });
  add(item: Item): Promise<void>;
  flush(): Promise<void>;
}

export declare function ownValue<Value>(
  table: Readonly<Record<string, Value>>,
  name: string,
): Value | undefined;
