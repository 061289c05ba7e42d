/** What stops the engine's linear-time regular expressions (RE2) from reading `source`; undefined when nothing known does. */
export function findRegexProblem(source: string): string | undefined {
  // A backslash that stands for itself begins no escape.
  const plain = source.replaceAll('\\\\', '-');
  if (/\(\?(?:[=!]|<[=!])/.test(plain)) return 'a regular expression without lookaround';
  if (/\\[1-9]|\\k</.test(plain)) return 'a regular expression without back-references';
  // RE2 allows flags anywhere, as in (?i)error; JavaScript does not.
  const unflagged = source.replaceAll(/\(\?[imsU]+\)/g, '');
  try {
    void new RegExp(unflagged, 'u');
    return undefined;
  } catch {
    return tryLoose(unflagged);
  }
}

/** Without the `u` flag JavaScript forgives escapes that RE2 knows, such as `\-` or `\A`. */
function tryLoose(source: string): string | undefined {
  try {
    void new RegExp(source.replaceAll(/\(\?P?</g, '(?<'));
    return undefined;
  } catch {
    return 'a valid regular expression';
  }
}
