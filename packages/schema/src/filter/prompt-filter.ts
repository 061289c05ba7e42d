import { printText } from './print-filter.ts';

/** A version of a prompt, as spans name it. */
interface PromptVersion {
  readonly name: string;
  readonly version: string;
}

/** `support@3`: a version has no `@`. */
export function readPromptVersion(text: string): PromptVersion {
  const at = text.lastIndexOf('@');
  return { name: text.slice(0, at), version: text.slice(at + 1) };
}

/** One call that used the version, under either of the names that SDKs have for it. */
export function promptFilter({ name, version }: PromptVersion): string {
  const called = ['gen_ai.prompt', 'langfuse.observation.prompt'].map(
    (key) => `(attr.${key}.name:${printText(name)} attr.${key}.version:${printText(version)})`,
  );
  return `span(${called.join(' OR ')})`;
}
