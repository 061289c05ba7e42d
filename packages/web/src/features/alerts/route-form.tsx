import type { AlertRoute, ChannelView } from '@sightline/schema/api';
import { useState, type FormEvent, type ReactElement } from 'react';
import { durationText, secondsOf } from '../../model/rule-form.ts';
import { Button } from '../../widgets/button.tsx';

interface RouteFormProps {
  readonly route: AlertRoute | undefined;
  readonly channels: readonly ChannelView[];
  readonly onSave: (route: AlertRoute) => void;
  readonly onClose: () => void;
}

const timings = [
  { name: 'groupWaitS', label: 'Wait for others' },
  { name: 'groupIntervalS', label: 'Between messages' },
  { name: 'repeatIntervalS', label: 'Say it again after' },
] as const;

export function RouteForm({ route, channels, onSave, onClose }: RouteFormProps): ReactElement {
  const [name, setName] = useState(route?.name ?? '');
  const [matchers, setMatchers] = useState(route?.matchers ?? '');
  const [chosen, setChosen] = useState<readonly string[]>(route?.channels ?? []);
  const [groupBy, setGroupBy] = useState((route?.groupBy ?? ['alertname']).join(' '));
  const [goesOn, setGoesOn] = useState(route?.continue ?? false);
  const [times, setTimes] = useState({
    groupWaitS: durationText(route?.groupWaitS ?? 30),
    groupIntervalS: durationText(route?.groupIntervalS ?? 300),
    repeatIntervalS: durationText(route?.repeatIntervalS ?? 14_400),
  });
  const [problem, setProblem] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const seconds = { groupWaitS: 0, groupIntervalS: 0, repeatIntervalS: 0 };
    for (const { name: time, label } of timings) {
      const read = secondsOf(times[time]);
      if (read === undefined) {
        setProblem(`${label}: "${times[time]}" is not a duration. Write 30s, 5m or 4h.`);
        return;
      }
      seconds[time] = read;
    }
    onSave({
      ...seconds,
      name: name.trim(),
      matchers,
      channels: [...chosen],
      groupBy: groupBy.split(/[\s,]+/).filter((label) => label !== ''),
      continue: goesOn,
    });
  };
  const toggle = (id: string): void =>
    setChosen(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <form
      className="form-fields boxed-form"
      onSubmit={submit}
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
    >
      <h3>{route === undefined ? 'A route' : route.name}</h3>
      <div className="form-row">
        <label className="field">
          <span>Name</span>
          <input value={name} required maxLength={100} onChange={(event) => setName(event.target.value)} />
        </label>
        <label className="field" style={{ flexBasis: 240 }}>
          <span>Alerts with these labels; empty: every alert</span>
          <input
            className="mono"
            value={matchers}
            placeholder="severity:critical service:api*"
            onChange={(event) => setMatchers(event.target.value)}
          />
        </label>
      </div>
      <fieldset className="route-channels">
        <legend>Go to</legend>
        {[{ id: 'log', name: 'Log of the server' }, ...channels.filter(({ id }) => id !== 'log')].map(
          (one) => (
            <label key={one.id} className="field-check">
              <input type="checkbox" checked={chosen.includes(one.id)} onChange={() => toggle(one.id)} />
              {one.name}
            </label>
          ),
        )}
      </fieldset>
      <div className="form-row">
        <label className="field">
          <span>One message for alerts alike in</span>
          <input className="mono" value={groupBy} onChange={(event) => setGroupBy(event.target.value)} />
        </label>
        {timings.map(({ name: time, label }) => (
          <label key={time} className="field">
            <span>{label}</span>
            <input
              className="mono"
              value={times[time]}
              onChange={(event) => setTimes({ ...times, [time]: event.target.value })}
            />
          </label>
        ))}
      </div>
      <label className="field-check">
        <input type="checkbox" checked={goesOn} onChange={(event) => setGoesOn(event.target.checked)} />
        Later routes may take the alert too
      </label>
      <div className="form-row">
        <Button type="submit" look="primary">
          {route === undefined ? 'Add' : 'Change'}
        </Button>
        <Button onClick={onClose}>Cancel</Button>
        <span className="form-problem" role="alert">
          {problem}
        </span>
      </div>
    </form>
  );
}
