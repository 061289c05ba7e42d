/**
 * Named values in text that is no JSON as a whole: a line with an object in it, JSON that was cut off, what a console prints, a
 * command. A name decides, then its value is walked to its end; so nothing is read twice and the time is linear in the text.
 */
import { placeholder } from './placeholder.ts';

const quote = String.raw`\\{0,3}["']`;
const name = String.raw`[\w$@.-][\w$@. -]{0,79}`;
const gap = String.raw`\s{0,16}`;

interface NameForm {
  /** All before the value. It or `after` has the group `name`. */
  readonly head: RegExp;
  /** What the value must look like; anything where absent. */
  readonly value?: RegExp;
  /** The value itself, where it does not end as values do. */
  readonly whole?: RegExp;
  /** What must follow the value. */
  readonly after?: RegExp;
}

const forms: readonly NameForm[] = [
  // ["password", "x"] and ('password', 'x'), but no longer list.
  {
    head: new RegExp(String.raw`[[(]${gap}(?<q>${quote})(?<name>${name})\k<q>${gap},${gap}`, 'g'),
    value: /[^[{]/y,
    after: /\s{0,16}(?:[\])]|$)/y,
  },
  // "password": "x" and 'password' => 'x'
  { head: new RegExp(String.raw`(?<q>${quote})(?<name>${name})\k<q>${gap}(?::|=>)${gap}`, 'g') },
  // { password: 'x' }. What is no text and no number there is the name of a variable.
  {
    head: new RegExp(String.raw`[{,]${gap}(?<name>[\w$]{1,80})${gap}:${gap}`, 'g'),
    value: /\\{0,3}["'`]|[[{]|\d+(?![\w$.])/y,
  },
  // "name": "password", "value": "x"
  {
    head: new RegExp(
      String.raw`(?<k>(?:${quote})?)(?:name|key)\k<k>${gap}:${gap}(?<q>${quote})(?<name>${name})\k<q>${gap},${gap}\k<k>value\k<k>${gap}:${gap}`,
      'g',
    ),
  },
  // "value": "x", "name": "password"
  {
    head: new RegExp(String.raw`(?<k>(?:${quote})?)value\k<k>${gap}:${gap}`, 'g'),
    value: /[^[{]/y,
    after: new RegExp(
      String.raw`${gap},${gap}(?<k>(?:${quote})?)(?:name|key)\k<k>${gap}:${gap}(?<q>${quote})(?<name>${name})\k<q>`,
      'y',
    ),
  },
  // <password>x</password>
  {
    head: /(?<!\w)<(?:[\w-]{1,40}:)?(?<name>[\w.-]{1,80})(?:\s[^<>]{0,200})?>/g,
    whole: /[^<]{1,4096}/y,
    after: /<\//y,
  },
  // password = "x, also without its second quote. A sign that separates is rarer than a word: the name is read backwards from it.
  {
    head: /(?:=>|[:=])(?=\s{0,16}\\{0,3}["'`])(?<=(?<![\w$@.-])(?<name>[A-Za-z][\w.-]{0,79})\s{0,16}(?:=>|[:=]))\s{0,16}/g,
  },
  // X-Vault-Token: x and encryption_key: x. One word before a colon may be any word of a sentence, and a scheme stands before what hides
  // in `Proxy-Authorization` (text-rules.ts).
  {
    head: /:(?=[ \t]{0,16}[^\s"'`[{<|>])(?<![Aa]uthorization:)(?<=(?<![\w$@.-])(?<name>[A-Za-z]{1,40}[_-][\w.-]{1,79}):)[ \t]{0,16}/g,
  },
  // "--password", "x" and --password x
  { head: new RegExp(String.raw`(?<q>${quote})(?<name>--[\w.-]{1,80})\k<q>${gap},${gap}`, 'g') },
  { head: /(?<![\w-])(?<name>--[A-Za-z][\w.-]{0,79})\s{1,4}/g, value: /[^\s-]/y },
];

/** Masks what stands beside a sensitive name in a text. */
export function maskNamedInText(text: string, isSensitiveKey: (key: string) => boolean): string {
  return forms.reduce((masked, form) => maskForm(masked, form, isSensitiveKey), text);
}

function maskForm(
  text: string,
  { head, value, whole: ofForm, after }: NameForm,
  isSensitiveKey: (key: string) => boolean,
): string {
  const hides = (name: string | undefined) => name === undefined || isSensitiveKey(name);
  let masked = '';
  let from = 0;
  head.lastIndex = 0;
  for (let found = head.exec(text); found !== null; found = head.exec(text)) {
    const start = head.lastIndex;
    if (!hides(found.groups?.['name']) || (value !== undefined && matchAt(value, text, start) === null))
      continue;
    const end =
      ofForm === undefined ? valueEnd(text, start) : start + (matchAt(ofForm, text, start)?.[0].length ?? 0);
    const whole = text.slice(start, end);
    if (saysNothing.test(whole)) continue;
    if (after !== undefined) {
      const behind = matchAt(after, text, end);
      if (behind === null || !hides(behind.groups?.['name'])) continue;
    }
    const [opening = ''] = /^\\*["'`]/.exec(whole) ?? [];
    masked += `${text.slice(from, start)}${opening}${placeholder('secret')}${opening}`;
    from = end;
    head.lastIndex = end;
  }
  return masked + text.slice(from);
}

/** Nothing to hide, or hidden already. */
const saysNothing = /^(?:|true|false|null|undefined|["'`]{2})$|\[masked:/;

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

const characterMax = 4096;

/** Where the value ends that begins at `start`: in quotes, in brackets, or a word. */
function valueEnd(text: string, start: number): number {
  const end = Math.min(start + characterMax, text.length);
  let slashes = 0;
  while (text[start + slashes] === '\\') slashes++;
  const first = text[start + slashes] ?? '';
  if (isQuote(first)) return quotedEnd(text, { from: start + slashes + 1, end, first, slashes });
  if (first === '[' || first === '{') return bracketsEnd(text, start, end);
  let at = start;
  while (at < end && !/[\s"',;&})\]\\]/.test(text[at] ?? '')) at++;
  return at;
}

/** A console quotes with backticks what holds both other quotes. */
function isQuote(character: string): boolean {
  return character === '"' || character === "'" || character === '`';
}

interface Quoted {
  readonly from: number;
  readonly end: number;
  readonly first: string;
  /** Before the opening quote and the closing one: 0, 1 or 3. Before a quote within there are more, each pair a backslash of the text. */
  readonly slashes: number;
}

function quotedEnd(text: string, { from, end, first, slashes }: Quoted): number {
  let before = 0;
  for (let at = from; at < end; at++) {
    const character = text[at];
    if (character === first && (before - slashes) % (2 * slashes + 2) === 0) return at + 1;
    before = character === '\\' ? before + 1 : 0;
  }
  return end;
}

function bracketsEnd(text: string, start: number, end: number): number {
  let depth = 0;
  let slashes = 0;
  for (let at = start; at < end; at++) {
    const character = text[at] ?? '';
    if (isQuote(character)) at = quotedEnd(text, { from: at + 1, end, first: character, slashes }) - 1;
    else if (character === '[' || character === '{') depth++;
    else if ((character === ']' || character === '}') && --depth === 0) return at + 1;
    slashes = character === '\\' ? slashes + 1 : 0;
  }
  return end;
}
