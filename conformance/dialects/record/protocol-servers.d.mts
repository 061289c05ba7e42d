export function startProtocolServers(options?: {
  /** The day in the names by which OpenAI's models answer, as in `gpt-4o-2024-08-06`. */
  readonly release?: string;
}): Promise<{ readonly url: string; close(): void }>;
