/** Variables of prompts: `{{name}}`, spaces inside allowed. The SDK, the server and the web UI fill them in by this one rule. */
const variable = /\{\{\s*([A-Za-z_][A-Za-z0-9_.-]{0,99})\s*\}\}/g;

/** The names in the texts, in the order of their first use. */
export function variablesOf(messages: readonly HasText[]): string[] {
  return [
    ...new Set(
      messages.flatMap(({ content }) => [...content.matchAll(variable)].map(([, name = '']) => name)),
    ),
  ];
}

/** A variable without a value stays as it is written, so that it is seen. What a value says is never read as a variable. */
export function renderText(text: string, values: Readonly<Record<string, unknown>>): string {
  return text.replace(variable, (whole, name: string) =>
    Object.hasOwn(values, name) && values[name] !== undefined ? textOf(values[name]) : whole,
  );
}

export function renderMessages<Message extends HasText>(
  messages: readonly Message[],
  values: Readonly<Record<string, unknown>>,
): Message[] {
  return messages.map((message) => ({ ...message, content: renderText(message.content, values) }));
}

interface HasText {
  readonly content: string;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
