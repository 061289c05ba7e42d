import { type QueryContext, Reader } from '../reader.ts';
import { sql, string } from '../sql/sql.ts';

/** Whether the text matches, by the engine's RE2: in time linear in the text, whatever the pattern. */
export async function matchRegex(context: QueryContext, text: string, pattern: string): Promise<boolean> {
  const [row] = await new Reader(context, 5_000).rows<{ found: number }>(
    sql`SELECT match(${string(text)}, ${string(pattern)}) AS found`,
  );
  return row?.found === 1;
}
