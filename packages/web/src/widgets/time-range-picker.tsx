import { lazy, type ReactElement } from 'react';
import { loadPart } from '../api/load-part.ts';
import { describeRange, isRelative, type TimeRange } from '../model/time-range.ts';
import { Button, IconButton } from './button.tsx';
import { OnDemand } from './on-demand.tsx';
import './time-range-picker.css';

export interface RangeProps {
  readonly range: TimeRange;
  readonly onChange: (range: TimeRange) => void;
}

interface TimeRangePickerProps extends RangeProps {
  readonly onRefresh: () => void;
  /** Absent where a page has nothing that goes on. */
  readonly live?: boolean;
  readonly onLive?: (live: boolean) => void;
}

const load = loadPart(async () => ({ default: (await import('./open-time-range.tsx')).OpenTimeRange }));
const Whole = lazy(load);

/** Range, live mode and refresh: the same three on every page. */
export function TimeRangePicker(props: TimeRangePickerProps): ReactElement {
  const { range, onChange, onRefresh, live, onLive } = props;
  return (
    <div className="time-range" role="group" aria-label="Time range">
      <OnDemand
        load={load}
        trigger={(trigger) => <Button aria-haspopup="dialog" {...rangeTrigger(range)} {...trigger} />}
      >
        <Whole range={range} onChange={onChange} />
      </OnDemand>
      {live !== undefined && onLive !== undefined && (
        <Button
          icon="live"
          pressed={live}
          disabled={!isRelative(range)}
          title={isRelative(range) ? 'Look for new data every few seconds' : 'A fixed range has no new data'}
          onClick={() => onLive(!live)}
        >
          Live
        </Button>
      )}
      <IconButton icon="refresh" label="Refresh" onClick={onRefresh} />
    </div>
  );
}

/** The trigger is the same before and after the choices are loaded. */
export function rangeTrigger(range: TimeRange) {
  return { icon: 'clock', 'data-testid': 'time-range', children: describeRange(range, Date.now()) } as const;
}
