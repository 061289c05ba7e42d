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
