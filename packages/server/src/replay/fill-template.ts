/** Puts what was recorded into the body of a request, and finds the answer in what comes back. */
type Values = Readonly<Record<'input' | 'context', unknown>>;

const place = /\{\{\s*(input|context)((?:\.[A-Za-z0-9_-]+)*)\s*\}\}/g;

/** A text that is one placeholder becomes the value itself; a placeholder within a text becomes text. */
export function fillTemplate(template: unknown, values: Values): unknown {
  if (typeof template === 'string') {
    const [whole, name, path] = /^\{\{\s*(input|context)((?:\.[A-Za-z0-9_-]+)*)\s*\}\}$/.exec(template) ?? [];
    if (whole !== undefined) return valueAt(values[name as keyof Values], path ?? '') ?? null;
    return template.replace(place, (_match, named: keyof Values, within: string) => {
      const value = valueAt(values[named], within);
      return typeof value === 'string' ? value : JSON.stringify(value ?? null);
    });
  }
  if (Array.isArray(template)) return template.map((item) => fillTemplate(item, values));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, fillTemplate(item, values)]));
}

export function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const name of path.split('.').filter((part) => part !== '')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}
