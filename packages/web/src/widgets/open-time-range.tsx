import { Popover } from 'radix-ui';
import { useId, useState, type FormEvent, type ReactElement } from 'react';
import {
  describeMoment,
  describeRange,
  rangePresets,
  tryParseMoment,
  tryResolveRange,
  type TimeRange,
} from '../model/time-range.ts';
import { timeZoneName } from '../model/timestamp.ts';
import { Button } from './button.tsx';
import { rememberRange, recentRanges } from './recent-ranges.ts';
import { rangeTrigger, type RangeProps } from './time-range-picker.tsx';

/** Presets and a range of one's own, with their trigger; open at first. */
export function OpenTimeRange({ range, onChange }: RangeProps): ReactElement {
  const [open, setOpen] = useState(true);
  const choose = (chosen: TimeRange): void => {
    rememberRange(chosen);
    setOpen(false);
    onChange(chosen);
  };
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button {...rangeTrigger(range)} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="floating time-range-menu"
          align="end"
          sideOffset={4}
          data-keyboard-layer=""
        >
          <Presets range={range} onChoose={choose} />
          <CustomRange range={range} onChoose={choose} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Presets({
  range,
  onChoose,
}: {
  range: TimeRange;
  onChoose: (range: TimeRange) => void;
}): ReactElement {
  const recent = recentRanges();
  return (
    <div className="time-range-presets">
      {rangePresets.map((preset) => (
        <button
          key={preset.from}
          type="button"
          aria-current={range.to === 'now' && range.from === preset.from}
          onClick={() => onChoose({ from: preset.from, to: 'now' })}
        >
          {preset.label}
        </button>
      ))}
      {recent.length > 0 && <h3>Recent</h3>}
      {recent.map((candidate) => (
        <button key={`${candidate.from} ${candidate.to}`} type="button" onClick={() => onChoose(candidate)}>
          {describeRange(candidate, Date.now())}
        </button>
      ))}
    </div>
  );
}

function CustomRange({
  range,
  onChoose,
}: {
  range: TimeRange;
  onChoose: (range: TimeRange) => void;
}): ReactElement {
  const id = useId();
  const [from, setFrom] = useState(describeMoment(range.from));
  const [to, setTo] = useState(describeMoment(range.to));
  const parsed = { from: tryParseMoment(from, Date.now()), to: tryParseMoment(to, Date.now()) };
  const chosen =
    parsed.from !== undefined && parsed.to !== undefined ? { from: parsed.from, to: parsed.to } : undefined;
  const problem = problemOf(parsed, chosen);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (chosen !== undefined && problem === undefined) onChoose(chosen);
  };
  return (
    <form className="time-range-custom" onSubmit={submit}>
      <label htmlFor={`${id}-from`}>From</label>
      <input
        id={`${id}-from`}
        value={from}
        onChange={(event) => setFrom(event.target.value)}
        spellCheck={false}
      />
      <label htmlFor={`${id}-to`}>To</label>
      <input id={`${id}-to`} value={to} onChange={(event) => setTo(event.target.value)} spellCheck={false} />
      <p className={problem === undefined ? 'faint small' : 'error-text small'} role="status">
        {problem ?? `A date and time, or -15m, -2h, -7d, now. Times are ${timeZoneName(Date.now())}.`}
      </p>
      <Button look="primary" type="submit" disabled={problem !== undefined}>
        Apply
      </Button>
    </form>
  );
}

function problemOf(
  parsed: { from: string | undefined; to: string | undefined },
  chosen: TimeRange | undefined,
): string | undefined {
  if (parsed.from === undefined) return 'The start cannot be read.';
  if (parsed.to === undefined) return 'The end cannot be read.';
  if (chosen !== undefined && tryResolveRange(chosen, Date.now()) === undefined)
    return 'The end lies before the start.';
  return undefined;
}
