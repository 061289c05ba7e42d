export interface ModelName {
  readonly provider: string;
  readonly model: string;
}

/** From the names that calls tell to those under which every view lists them; what is not there keeps its own. */
export interface JoinedModels {
  readonly pairs: readonly (readonly [reported: ModelName, listed: ModelName])[];
  /** The same where no provider is told beside the name: the name that answers most, whosever it is. */
  readonly byName: ReadonlyMap<string, string>;
}

export const noJoinedModels: JoinedModels = { pairs: [], byName: new Map() };
