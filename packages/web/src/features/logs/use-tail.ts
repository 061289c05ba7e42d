import type { LogRecord } from '@sightline/schema/api';
import { useCallback, useEffect, useRef, useState } from 'react';
import { tailLogs } from '../../api/tail.ts';

export interface Tail {
  /** Newest first; waiting to be shown. */
  readonly waiting: readonly LogRecord[];
  /** Newest first; shown above what was asked for. */
  readonly shown: readonly LogRecord[];
  readonly skippedCount: number;
  readonly isWatching: boolean;
  readonly show: () => void;
}

/** A browser tab holds this many lines of a tail; the oldest go first. */
const keptMax = 5000;
const flushMs = 200;

/**
 * Lines as they arrive. While `follows` they are shown at once; else they wait, so that nothing moves under the reader.
 */
export function useTail(options: {
  readonly isOn: boolean;
  readonly q: string | undefined;
  readonly follows: boolean;
  readonly asOf: number;
}): Tail {
  const { isOn, q, follows, asOf } = options;
  const [waiting, setWaiting] = useState<readonly LogRecord[]>([]);
  const [shown, setShown] = useState<readonly LogRecord[]>([]);
  const [skippedCount, setSkippedCount] = useState(0);
  const [isWatching, setWatching] = useState(false);
  const pending = useRef<LogRecord[]>([]);

  useEffect(() => {
    setWaiting([]);
    setShown([]);
    setSkippedCount(0);
    setWatching(false);
    pending.current = [];
    if (!isOn) return undefined;
    const abort = new AbortController();
    void tailLogs(
      q,
      {
        onReady: () => setWatching(true),
        onLogs: (logs) => pending.current.push(...logs),
        onSkipped: (count) => setSkippedCount((before) => before + count),
        onRefused: () => setWatching(false),
      },
      abort.signal,
    );
    const timer = setInterval(() => {
      if (pending.current.length === 0) return;
      const fresh = pending.current.splice(0).toReversed();
      setWaiting((before) => [...fresh, ...before].slice(0, keptMax));
    }, flushMs);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [isOn, q, asOf]);

  const show = useCallback(() => {
    setShown((before) => [...waiting, ...before].slice(0, keptMax));
    setWaiting([]);
  }, [waiting]);
  useEffect(() => {
    if (follows && waiting.length > 0) show();
  }, [follows, waiting, show]);
  return { waiting, shown, skippedCount, isWatching, show };
}
