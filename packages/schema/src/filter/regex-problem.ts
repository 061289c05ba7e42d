/** What stops the engine's linear-time regular expressions (RE2) from reading `source`; undefined when nothing known does. */
export function findRegexProblem(source: string): string | undefined {
  if (/\(\?(?:[=!]|<[=!])/.test(source)) return 'a regular expression without lookaround';
  if (/\\[1-9]|\\k</.test(source)) return 'a regular expression without back-references';
  try {
    // RE2 allows flags at the start, as in (?i)error; JavaScript does not.
    void new RegExp(source.replace(/^\(\?[imsU]+\)/, ''), 'u');
    return undefined;
  } catch {
    return tryLoose(source);
  }
}

/** Without the `u` flag JavaScript forgives escapes that RE2 knows, such as `\-` or `\A`. */
function tryLoose(source: string): string | undefined {
  try {
    void new RegExp(source.replaceAll(/\(\?P?</g, '(?<').replace(/^\(\?[imsU]+\)/, ''));
    return undefined;
  } catch {
    return 'a valid regular expression';
  }
}
