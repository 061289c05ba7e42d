import { type ReportSchedule, type ReportScheduleInput, takesReports } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { channelsQuery } from '../../api/channel-queries.ts';
import { deleteSchedule, reportSchedulesQuery, saveSchedule, sendReport } from '../../api/report-queries.ts';
import { browserZone } from '../../model/report-periods.ts';
import { everyLabels, inputOf, newSchedule, readSchedule, weekdays } from '../../model/schedule-form.ts';
import { Button } from '../../widgets/button.tsx';
import { PageLink } from '../../widgets/page-link.tsx';

interface ScheduleFormProps {
  /** Undefined: a new one. */
  readonly schedule: ReportSchedule | undefined;
  /** The filter of a new one. */
  readonly q: string;
  readonly onDone: (id: string | undefined) => void;
}

export function ScheduleForm({ schedule, q, onDone }: ScheduleFormProps): ReactElement {
  const client = useQueryClient();
  const channels = useQuery(channelsQuery);
  const [draft, setDraft] = useState<ReportScheduleInput>(() =>
    schedule === undefined ? newSchedule(browserZone(), q) : inputOf(schedule),
  );
  const [problem, setProblem] = useState('');
  const set = (changes: Partial<ReportScheduleInput>): void =>
    setDraft((before) => ({ ...before, ...changes }));
  const setTiming = (changes: Partial<ReportScheduleInput['timing']>): void =>
    setDraft((before) => ({ ...before, timing: { ...before.timing, ...changes } }));
  const refresh = async (): Promise<void> => {
    await client.invalidateQueries({ queryKey: reportSchedulesQuery.queryKey });
    await client.invalidateQueries({ queryKey: ['reports'] });
  };
  const save = useMutation({
    mutationFn: (input: ReportScheduleInput) => saveSchedule(schedule?.id, input),
    onSuccess: async ({ id }) => {
      await refresh();
      onDone(id);
    },
  });
  const remove = useMutation({
    mutationFn: deleteSchedule,
    onSuccess: async () => {
      await refresh();
      onDone(undefined);
    },
  });
  const send = useMutation({ mutationFn: sendReport, onSuccess: refresh });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const read = readSchedule(draft);
    setProblem('problem' in read ? read.problem : '');
    if ('schedule' in read) save.mutate(read.schedule);
  };
  const { timing } = draft;
  const takers = [
    ...(channels.data?.channels ?? [])
      .filter(({ settings }) => takesReports(settings.type))
      .map(({ id, name }) => ({ id, name })),
    { id: 'log', name: 'Log of the server' },
  ];
  const toggle = (id: string, isOn: boolean): void =>
    set({ channels: isOn ? [...draft.channels, id] : draft.channels.filter((each) => each !== id) });
  const error = save.error ?? remove.error ?? send.error;
  return (
    <form className="form-fields" onSubmit={submit}>
      <label className="field">
        <span>Name, also the title of the report</span>
        <input
          value={draft.name}
          required
          maxLength={100}
          onChange={(event) => set({ name: event.target.value })}
        />
      </label>
      <div className="form-row">
        <label className="field">
          <span>When</span>
          <select
            value={timing.every}
            onChange={(event) => setTiming({ every: event.target.value as typeof timing.every })}
          >
            {Object.entries(everyLabels).map(([every, label]) => (
              <option key={every} value={every}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {timing.every === 'week' && (
          <label className="field">
            <span>On</span>
            <select
              value={timing.weekday}
              onChange={(event) => setTiming({ weekday: Number(event.target.value) })}
            >
              {weekdays.map((name, index) => (
                <option key={name} value={index + 1}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
        {timing.every === 'month' && (
          <label className="field">
            <span>On day</span>
            <input
              type="number"
              min={1}
              max={31}
              value={timing.dayOfMonth}
              onChange={(event) => setTiming({ dayOfMonth: event.target.valueAsNumber })}
            />
          </label>
        )}
        <label className="field">
          <span>At</span>
          <input
            type="time"
            required
            value={timing.time}
            onChange={(event) => setTiming({ time: event.target.value })}
          />
        </label>
      </div>
      <label className="field">
        <span>Time zone</span>
        <input
          className="mono"
          required
          list="time-zones"
          value={timing.timeZone}
          onChange={(event) => setTiming({ timeZone: event.target.value })}
        />
        <datalist id="time-zones">
          {Intl.supportedValuesOf('timeZone').map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      </label>
      <label className="field">
        <span>Only what meets this filter</span>
        <input
          className="mono"
          value={draft.q ?? ''}
          placeholder="everything"
          onChange={(event) => set({ q: event.target.value })}
        />
      </label>
      <fieldset className="schedule-channels">
        <legend className="soft small">Sent to</legend>
        {takers.map(({ id, name }) => (
          <label key={id} className="field-check">
            <input
              type="checkbox"
              checked={draft.channels.includes(id)}
              onChange={(event) => toggle(id, event.target.checked)}
            />
            {name}
          </label>
        ))}
        <label className="field-check">
          <input
            type="checkbox"
            checked={draft.file}
            onChange={(event) => set({ file: event.target.checked })}
          />
          A file in the data directory of the server
        </label>
        <p className="small faint">
          Mail, Slack and others are{' '}
          <PageLink to="/alerts" search={{ view: 'delivery' }}>
            channels of alerts
          </PageLink>
          .
        </p>
      </fieldset>
      <label className="field-check">
        <input
          type="checkbox"
          checked={draft.enabled}
          onChange={(event) => set({ enabled: event.target.checked })}
        />
        On; off pauses it
      </label>
      <div className="form-row">
        <Button look="primary" type="submit" disabled={save.isPending}>
          {schedule === undefined ? 'Create schedule' : 'Save'}
        </Button>
        {schedule !== undefined && (
          <>
            <Button disabled={send.isPending} onClick={() => send.mutate(schedule.id)}>
              {send.isPending ? 'Sending…' : 'Send now'}
            </Button>
            <Button disabled={remove.isPending} onClick={() => remove.mutate(schedule.id)}>
              Delete
            </Button>
          </>
        )}
      </div>
      <p className="form-problem" role="alert">
        {problem === '' ? (error?.message ?? '') : problem}
      </p>
      {send.data !== undefined && (
        <p role="status" className="small soft">
          Made.{' '}
          <PageLink to="/reports" search={{ report: send.data.id }}>
            See the report
          </PageLink>
          . {send.data.deliveries.length > 0 && 'It is on its way to its channels.'}
        </p>
      )}
    </form>
  );
}
