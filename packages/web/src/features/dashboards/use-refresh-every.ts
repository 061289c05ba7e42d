import { useEffect } from 'react';

const secondsMin = 5;

/** Asks again after so many seconds while somebody may see the page; never where they are 0. `refresh` stays the same. */
export function useRefreshEvery(seconds: number, refresh: () => void): void {
  useEffect(() => {
    if (!(seconds > 0)) return undefined;
    const timer = setInterval(
      () => {
        if (!document.hidden) refresh();
      },
      Math.max(secondsMin, seconds) * 1000,
    );
    return () => clearInterval(timer);
  }, [seconds, refresh]);
}
