/** What tokens, keys and base64 are written with; ordinary text has spaces and commas between its words. */
const ofRun = new Uint8Array(128);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-.')
  ofRun[character.charCodeAt(0)] = 1;

/** Whether so many characters of that kind follow each other. Looks at every `length`th and around it: no run passes between two of them. */
export function hasLongRun(text: string, length: number): boolean {
  for (let at = length - 1; at < text.length; at += length) {
    if (!isOfRun(text, at)) continue;
    let start = at;
    while (at - start < length && isOfRun(text, start - 1)) start--;
    let end = at + 1;
    while (end - start < length && isOfRun(text, end)) end++;
    if (end - start >= length) return true;
  }
  return false;
}

function isOfRun(text: string, at: number): boolean {
  // Beyond the text the code is NaN, and beyond the table nothing.
  return ofRun[text.charCodeAt(at)] === 1;
}
