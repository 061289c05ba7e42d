/** A rule of the user's own. The pattern must be free of nested quantifiers and backreferences; `init` refuses it otherwise. */
export interface MaskingRule {
  /** Shown in the placeholder: `[masked:<name>]`. */
  readonly name: string;
  readonly pattern: RegExp;
  /** Plain text that must occur before the pattern is tried. */
  readonly keyword?: string;
  /** Says whether a match is real (a checksum, a list); absent means every match. */
  readonly validate?: (match: string) => boolean;
}

export type BuiltInRule = 'email' | 'phone' | 'card' | 'iban' | 'ip' | 'ssn' | 'secret' | 'assignment';

export interface MaskingOptions {
  /** Further key names whose values are masked, whatever they hold. Case, `-` and `_` do not matter. */
  readonly keys?: readonly string[];
  readonly rules?: readonly MaskingRule[];
  /** Built-in rules switched off. */
  readonly disable?: readonly BuiltInRule[];
}
