/** Who annotates, as this browser remembers it. */
const storageKey = 'sightline.annotator';

export function readAnnotator(): string {
  try {
    return localStorage.getItem(storageKey) ?? '';
  } catch {
    return '';
  }
}

export function writeAnnotator(name: string): void {
  try {
    localStorage.setItem(storageKey, name);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

const browserKey = 'sightline.browser';

/** Eight letters that tell this browser's judgements from those of others. */
export function browserId(): string {
  unstored ??= Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  try {
    const known = localStorage.getItem(browserKey);
    if (known !== null && /^[0-9a-f]{8}$/.test(known)) return known;
    localStorage.setItem(browserKey, unstored);
  } catch {
    // Without storage the letters last as long as the page.
  }
  return unstored;
}

let unstored: string | undefined;
