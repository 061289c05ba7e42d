const storageKey = 'sightline.apiKey';

/** The key this browser sends, if one was given to it. */
export function storedApiKey(): string | undefined {
  try {
    return localStorage.getItem(storageKey) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the key in this browser; an empty one is forgotten. */
export function storeApiKey(key: string): void {
  if (key === '') localStorage.removeItem(storageKey);
  else localStorage.setItem(storageKey, key);
}
