import { useCallback, useEffect, useRef } from 'react';
import { busy } from '../api/busy.ts';

/** A function that has `draw` run once in the next frame, however often it is called until then. */
export function useFrame(draw: () => void): () => void {
  const latest = useRef(draw);
  const frame = useRef(0);
  const done = useRef<(() => void) | undefined>(undefined);
  useEffect(() => {
    latest.current = draw;
  });
  useEffect(
    () => () => {
      cancelAnimationFrame(frame.current);
      frame.current = 0;
      done.current?.();
    },
    [],
  );
  return useCallback(() => {
    // A new `draw` must not go unnoticed by effects that depend on this function.
    latest.current = draw;
    if (frame.current !== 0) return;
    done.current = busy.begin();
    frame.current = requestAnimationFrame(() => {
      frame.current = 0;
      latest.current();
      done.current?.();
    });
  }, [draw]);
}
