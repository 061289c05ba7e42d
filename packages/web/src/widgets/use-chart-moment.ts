import { useEffect, useState } from 'react';

const liveMs = 5000;

/** The moment the charts show: that of the list, and in live mode the present every few seconds. */
export function useChartMoment(asOf: number, isLive: boolean): number {
  const [moment, setMoment] = useState(asOf);
  useEffect(() => setMoment(asOf), [asOf]);
  useEffect(() => {
    if (!isLive) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) setMoment(Date.now());
    }, liveMs);
    return () => clearInterval(timer);
  }, [isLive]);
  return Math.max(moment, asOf);
}
