/**
 * Which of the uploaded files a frame is in. `~/main.js` is every file whose path ends with `/main.js`, the longest
 * name first, but none of a library unless its name says so; another name is the whole address.
 */
export function findBuiltFile(reported: string, uploaded: readonly string[]): string | undefined {
  const whole = wholeOf(reported);
  const path = whole.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*\//i, '/');
  const isLibrary = path.includes('/node_modules/');
  const [found] = uploaded
    .filter((name) => {
      if (!name.startsWith('~/')) return wholeOf(name) === whole;
      const tail = name.slice(1);
      return `/${path}`.endsWith(tail) && (!isLibrary || tail.includes('/node_modules/'));
    })
    .toSorted((a, b) => Number(a.startsWith('~/')) - Number(b.startsWith('~/')) || b.length - a.length);
  return found;
}

/** Stacks are read without `file://`. */
const wholeOf = (file: string): string =>
  file
    .replace(/^file:\/\//, '')
    .replace(/[?#].*$/, '')
    .replaceAll('\\', '/');
