import { styleText } from 'node:util';

type Paint = (text: string) => string;

/** Colours with a meaning, or none at all. */
export interface Style {
  readonly colour: boolean;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly error: Paint;
  readonly warning: Paint;
  readonly good: Paint;
  readonly accent: Paint;
  /** A steady colour for one of many names, such as services. */
  readonly byName: (name: string, text: string) => string;
}

const nameColours = ['cyan', 'magenta', 'blue', 'yellow', 'green', 'cyanBright', 'magentaBright'] as const;

export function createStyle(colour: boolean): Style {
  const paint =
    (format: Parameters<typeof styleText>[0]): Paint =>
    (text) =>
      colour && text !== '' ? styleText(format, text, { validateStream: false }) : text;
  return {
    colour,
    bold: paint('bold'),
    dim: paint('dim'),
    error: paint('red'),
    warning: paint('yellow'),
    good: paint('green'),
    accent: paint('cyan'),
    byName: (name, text) => paint(nameColours[hashName(name) % nameColours.length] ?? 'cyan')(text),
  };
}

/** Colours are for terminals: not for pipes, not with NO_COLOR, not on a dumb terminal. See no-color.org. */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '' && env.FORCE_COLOR !== '0') return true;
  return stream.isTTY === true && env.TERM !== 'dumb';
}

function hashName(name: string): number {
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return hash;
}
