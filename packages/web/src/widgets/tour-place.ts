/** How far somebody is in the tour of hints, as this browser remembers it. */
import { useSyncExternalStore } from 'react';

/** A hint's number from 0; `unseen` before the tour, `seen` after it. */
export type TourPlace = number | 'unseen' | 'seen';

const storageKey = 'sightline.tour';
export const hintsCount = 3;
const listeners = new Set<() => void>();
/** Where the browser keeps nothing. */
let kept: TourPlace = 'unseen';

export function readTourPlace(): TourPlace {
  try {
    const text = localStorage.getItem(storageKey);
    if (text === null) return kept;
    return /^[0-2]$/.test(text) ? Number(text) : 'seen';
  } catch {
    return kept;
  }
}

export function writeTourPlace(place: TourPlace): void {
  kept = place;
  try {
    localStorage.setItem(storageKey, String(place));
  } catch {
    // It is remembered until the page is left.
  }
  for (const listener of listeners) listener();
}

/** Begins the tour; with `unseen`, only for somebody who has not seen it. */
export function startTour(whom: 'unseen' | 'everybody'): void {
  if (whom === 'everybody' || readTourPlace() === 'unseen') writeTourPlace(0);
}

export function useTourPlace(): TourPlace {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, readTourPlace);
}
