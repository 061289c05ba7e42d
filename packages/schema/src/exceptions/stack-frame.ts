export type StackLanguage = 'javascript' | 'python' | 'java' | 'go' | 'dotnet' | 'ruby' | 'php' | 'rust';

/** One call of a stack. Names have nothing in them that differs between machines, paths and builds. */
export interface StackFrame {
  /** The class, package or file name (without folders, suffix and the hash of a bundle) that holds the function. */
  readonly module: string;
  /** `<anon>` where the function has no name. */
  readonly function: string;
  /** As it was reported, empty where it was not. */
  readonly file: string;
  readonly line: number | undefined;
  /** The first is 1. Only JavaScript reports it. It takes no part in grouping. */
  readonly column?: number | undefined;
  /** Whether it is the program's own code: neither the runtime's nor a library's. */
  readonly inApp: boolean;
}

/** An exception of a chain. */
export interface StackedException {
  /** Empty where the text does not say it. */
  readonly type: string;
  readonly message: string;
  /** Where it was thrown comes first. */
  readonly frames: readonly StackFrame[];
  /** One of a group of exceptions that were thrown together. */
  readonly isPart?: true;
}

/** A stack as text, read. */
export interface ParsedStack {
  readonly language: StackLanguage;
  /** The one that was reported comes first, its root cause last. */
  readonly exceptions: readonly StackedException[];
}
