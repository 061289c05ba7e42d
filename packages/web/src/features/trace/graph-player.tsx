import type { RunGraphResponse } from '@sightline/schema/api';
import { useEffect, useRef, useState, type ReactElement } from 'react';
import { formatDurationMs } from '@sightline/base';
import { pathStops } from '../../model/graph-view-model.ts';
import { Button, IconButton } from '../../widgets/button.tsx';
import { useKeys } from '../../widgets/keyboard.ts';

interface GraphPlayerProps {
  readonly graph: RunGraphResponse;
  /** The moment shown; undefined: the whole run. */
  readonly ms: number | undefined;
  readonly onMs: (ms: number | undefined) => void;
}

/** A run of any length plays in about this time. */
const playMs = 9000;
const stopMs = 700;

/** Plays the way of the run through the graph. Where less motion is asked for, from stop to stop. */
export function GraphPlayer({ graph, ms, onMs }: GraphPlayerProps): ReactElement {
  const [isPlaying, setPlaying] = useState(false);
  const at = useRef(ms ?? 0);
  const endMs = Math.max(graph.durationMs, 1);
  useEffect(() => {
    at.current = ms ?? 0;
  }, [ms]);
  useEffect(() => {
    if (!isPlaying) return undefined;
    return prefersStillness()
      ? playStops(graph, at, onMs, setPlaying)
      : playSmoothly(endMs, at, onMs, setPlaying);
  }, [isPlaying, graph, endMs, onMs]);
  const toggle = (): void => {
    if (!isPlaying && (ms === undefined || ms >= endMs)) {
      at.current = 0;
      onMs(0);
    }
    setPlaying(!isPlaying);
  };
  useKeys('Agent graph', [{ keys: ' ', label: 'Play the run, or stop', run: toggle }]);
  return (
    <div className="graph-player" role="group" aria-label="The way of the run">
      <IconButton
        icon={isPlaying ? 'pause' : 'play'}
        label={isPlaying ? 'Stop' : 'Play the run'}
        onClick={toggle}
      />
      <input
        type="range"
        aria-label="Moment of the run"
        aria-valuetext={formatDurationMs(ms ?? endMs)}
        min={0}
        max={endMs}
        step={endMs / 1000}
        value={ms ?? endMs}
        onChange={(event) => {
          setPlaying(false);
          onMs(Number(event.target.value));
        }}
      />
      <span className="mono small nowrap soft">
        {ms === undefined ? 'whole run' : formatDurationMs(ms)} of {formatDurationMs(graph.durationMs)}
      </span>
      <Button
        look="quiet"
        disabled={ms === undefined}
        onClick={() => {
          setPlaying(false);
          onMs(undefined);
        }}
      >
        Whole run
      </Button>
    </div>
  );
}

function prefersStillness(): boolean {
  return window.matchMedia('(prefers-reduced-motion: reduce)').matches;
}

function playSmoothly(
  endMs: number,
  at: { current: number },
  onMs: (ms: number) => void,
  setPlaying: (playing: boolean) => void,
): () => void {
  let frame = 0;
  let last = performance.now();
  const step = (now: number): void => {
    const next = Math.min(endMs, at.current + ((now - last) / playMs) * endMs);
    last = now;
    at.current = next;
    onMs(next);
    if (next >= endMs) setPlaying(false);
    else frame = requestAnimationFrame(step);
  };
  frame = requestAnimationFrame(step);
  return () => cancelAnimationFrame(frame);
}

function playStops(
  graph: RunGraphResponse,
  at: { current: number },
  onMs: (ms: number) => void,
  setPlaying: (playing: boolean) => void,
): () => void {
  const stops = pathStops(graph.path);
  const timer = setInterval(() => {
    const next = stops.find((stop) => stop > at.current);
    if (next === undefined) {
      setPlaying(false);
      return;
    }
    at.current = next;
    onMs(next);
  }, stopMs);
  return () => clearInterval(timer);
}
