const storageKey = 'sightline.browser';

/** What this browser calls itself: there are no accounts, and what is mine is what this browser made. */
export function browserName(): string {
  try {
    const known = localStorage.getItem(storageKey);
    if (known !== null) return known;
    const made = crypto.randomUUID();
    localStorage.setItem(storageKey, made);
    return made;
  } catch {
    return '';
  }
}
