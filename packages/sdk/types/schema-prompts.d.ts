/** What of `@sightline/schema/prompts` the SDK calls, for the build of its types, in which sources of other packages have no place. */
interface HasText {
  readonly content: string;
}
export declare function variablesOf(messages: readonly HasText[]): string[];
export declare function renderMessages<Message extends HasText>(
  messages: readonly Message[],
  values: Readonly<Record<string, unknown>>,
): Message[];
