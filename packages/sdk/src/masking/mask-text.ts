/** Masks one text: as JSON by key names when it is JSON, and by patterns in any case. */
import { maskArguments } from './command-secrets.ts';
import { defineSafely } from './define-safely.ts';
import { maskBase64 } from './encoded-texts.ts';
import { assertLinearPattern } from './linear-pattern.ts';
import type { MaskingOptions } from '../config/masking-options.ts';
import { maskNamedInText } from './named-in-text.ts';
import { freeName, isNamedBefore, isNamedBeside } from './named-values.ts';
import { placeholder } from './placeholder.ts';
import { sensitiveKeys } from './sensitive-keys.ts';
import { isSuspicious, mayHoldBase64, textRules, type TextRule } from './text-rules.ts';
import { maskEncoded, maskParameters } from './url-parts.ts';

export interface MaskText {
  (text: string): string;
  readonly isSensitiveKey: (key: string) => boolean;
  /** Notes a result that an exporter will ask about again, so that long content is not read twice. */
  readonly noteMasked: (text: string) => void;
  /** Whether exactly this text was noted; answers once per note. */
  readonly wasMasked: (text: string) => boolean;
}

/** A number that is a card's when it is written out; any other number stays. */
export function maskNumber(value: number, mask: MaskText): number | string {
  if (!Number.isInteger(value) || value < 1e12) return value;
  const text = String(value);
  const masked = mask(text);
  return masked === text ? value : masked;
}

/** Texts up to here are quicker to read again than to note. */
export const shortCharactersMax = 128;
/** Characters of noted texts that wait for their export; all are forgotten beyond it, and read again then. */
const notedCharactersMax = 4_000_000;

/** JSON texts above this are masked by patterns only: parsing would hold the event loop too long. */
const jsonCharactersMax = 1_000_000;
const nestingMax = 6;
const customWindow = 4096;

export function createMaskText(options: MaskingOptions): MaskText {
  const disabled = new Set<string>(options.disable);
  const rules: TextRule[] = textRules.filter((rule) => !disabled.has(rule.name));
  for (const custom of options.rules ?? []) {
    assertLinearPattern(custom.name, custom.pattern);
    rules.push(customRule(custom));
  }
  const hasOwnRules = (options.rules ?? []).length > 0;
  const isSensitiveKey = sensitiveKeys(options.keys ?? []);

  function mask(text: string, nesting: number): string {
    if (!hasOwnRules && !isSuspicious(text)) return text;
    const asJson = nesting < nestingMax && looksLikeJson(text) ? maskJson(text, nesting) : undefined;
    return asJson ?? maskPlain(text, nesting);
  }

  function maskPlain(text: string, nesting: number): string {
    const namesCount = !disabled.has('assignment');
    let masked = namesCount ? maskNamedInText(text, isSensitiveKey) : text;
    for (const rule of rules) if (rule.mayMatch(masked)) masked = rule.apply(masked);
    if (nesting >= nestingMax) return masked;
    const maskPart = (part: string) => mask(part, nesting + 1);
    if (namesCount) masked = maskParameters(masked, isSensitiveKey, maskPart);
    masked = maskEncoded(masked, maskPart);
    return mayHoldBase64(masked) ? maskBase64(masked, maskPart) : masked;
  }

  function maskJson(text: string, nesting: number): string | undefined {
    let changed = false;
    const hides = (value: unknown) => value !== null && value !== '' && typeof value !== 'boolean';
    const visit = (isNamed: boolean, value: unknown): unknown => {
      if (isNamed && hides(value)) {
        changed = true;
        return placeholder('secret');
      }
      if (typeof value !== 'string') return value;
      const masked = mask(value, nesting + 1);
      if (masked !== value) changed = true;
      return masked;
    };
    const walk = (isNamed: boolean, value: unknown): unknown => {
      const visited = visit(isNamed, value);
      if (Array.isArray(visited)) {
        const items = maskArguments(visited);
        if (items !== visited) changed = true;
        return items.map((item, at) => walk(isNamedBefore(items, at, isSensitiveKey), item));
      }
      if (typeof visited !== 'object' || visited === null || isRaw(visited)) return visited;
      const { name, key: otherName } = visited as { name?: unknown; key?: unknown };
      const copy: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(visited)) {
        const isSecret = isSensitiveKey(key) || isNamedBeside(key, name ?? otherName, isSensitiveKey);
        const cleanKey = key.length < 6 ? key : mask(key, nesting + 1);
        if (cleanKey !== key) changed = true;
        defineSafely(copy, cleanKey === key ? key : freeName(copy, cleanKey), walk(isSecret, item));
      }
      return copy;
    };
    try {
      const parsed: unknown = JSON.parse(text, keepDigits);
      // A number such as a card without quotes is found by the patterns on the serialised text.
      const walked = walk(false, parsed);
      return maskPlainNumbers(changed ? JSON.stringify(walked) : text, nesting);
    } catch {
      return undefined;
    }
  }

  /** After the strings are done, only bare numbers are left to find. */
  function maskPlainNumbers(json: string, nesting: number): string {
    return /(?<!["\d.])\d{12,19}(?!["\d.])/.test(json) ? maskPlain(json, nesting) : json;
  }

  const noted = new Set<string>();
  let notedCharacters = 0;
  const noteMasked = (text: string) => {
    if (text.length <= shortCharactersMax) return;
    notedCharacters += text.length;
    if (notedCharacters > notedCharactersMax) {
      noted.clear();
      notedCharacters = text.length;
    }
    noted.add(text);
  };
  return Object.assign((text: string) => (text.length < 6 ? text : mask(text, 0)), {
    isSensitiveKey,
    noteMasked,
    wasMasked: (text: string) => noted.delete(text),
  });
}

function looksLikeJson(text: string): boolean {
  const first = text.charCodeAt(0) <= 32 ? text.trimStart().charCodeAt(0) : text.charCodeAt(0);
  return (first === 0x7b || first === 0x5b) && text.length <= jsonCharactersMax;
}

/** Integers beyond 2^53 keep their digits when the JSON is written again. */
function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined) return value;
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(context.source);
}

function isRaw(value: object): boolean {
  return (JSON as unknown as { isRawJSON(value: unknown): boolean }).isRawJSON(value);
}

function customRule(custom: NonNullable<MaskingOptions['rules']>[number]): TextRule {
  const pattern = new RegExp(custom.pattern.source, custom.pattern.flags.replace(/[gy]/g, '') + 'g');
  const { keyword, name, validate } = custom;
  const replace = (part: string) =>
    part.replace(pattern, (match) => {
      if (match === '') return match;
      return validate === undefined || validate(match) ? placeholder(name) : match;
    });
  return {
    name,
    mayMatch: (text) => keyword === undefined || text.includes(keyword),
    // A window bounds what a polynomial pattern can cost; a match longer than that is not a secret but a document.
    apply: (text) => {
      if (text.length <= customWindow) return replace(text);
      let masked = '';
      for (let from = 0; from < text.length; from += customWindow)
        masked += replace(text.slice(from, from + customWindow));
      return masked;
    },
  };
}
