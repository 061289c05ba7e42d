import type { MadeReport, ReportSchedule } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { channelsQuery } from '../../api/channel-queries.ts';
import { madeReportsQuery } from '../../api/report-queries.ts';
import { timingWords } from '../../model/schedule-form.ts';
import { formatDay, formatMinute, msFromTimestamp } from '../../model/timestamp.ts';
import { Dash, TimeAgo } from '../../widgets/facts.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, SkeletonRows } from '../../widgets/states.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { useNow } from '../../widgets/use-now.ts';
import { SaveTable } from '../../widgets/save-table.tsx';

interface SchedulesViewProps {
  readonly schedules: readonly ReportSchedule[];
  readonly chosen: string | undefined;
  readonly onOpen: (id: string) => void;
}

/** When reports are made, whom they are sent to, and those that were made. */
export function SchedulesView({ schedules, chosen, onOpen }: SchedulesViewProps): ReactElement {
  const channels = useQuery(channelsQuery);
  const made = useQuery(madeReportsQuery);
  const nameOf = (id: string): string =>
    id === 'log' ? 'Log' : (channels.data?.channels.find((channel) => channel.id === id)?.name ?? id);
  const nowMs = useNow();
  return (
    <>
      <SaveTable name="schedules" rows={schedules} />
      <PlainTable label="Schedules">
        <table>
          <thead>
            <tr>
              <th scope="col">Report</th>
              <th scope="col">When</th>
              <th scope="col">Next</th>
              <th scope="col">Last</th>
              <th scope="col">Sent to</th>
            </tr>
          </thead>
          <tbody>
            {schedules.map((schedule) => (
              <tr key={schedule.id} aria-selected={schedule.id === chosen}>
                <td>
                  <button type="button" className="report-name" onClick={() => onOpen(schedule.id)}>
                    {schedule.name}
                  </button>
                </td>
                <td>{timingWords(schedule.timing)}</td>
                <td className={schedule.nextTime === null ? 'faint' : ''}>
                  {schedule.nextTime === null ? 'Paused' : dateText(msFromTimestamp(schedule.nextTime))}
                </td>
                <td>
                  {schedule.lastTime === null ? <Dash /> : <TimeAgo time={schedule.lastTime} nowMs={nowMs} />}
                </td>
                <td className="grow">
                  {[...schedule.channels.map(nameOf), ...(schedule.file ? ['File'] : [])].join(', ') ||
                    'nobody'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </PlainTable>
      <SaveTable name="made reports" rows={made.data?.reports ?? []} />
      <h2 className="report-made">Made reports</h2>
      {made.isPending && <SkeletonRows count={3} />}
      {made.error !== null && made.data === undefined && (
        <ErrorNotice error={made.error} onRetry={() => void made.refetch()} />
      )}
      {made.data?.reports.length === 0 && <p className="soft">None was made yet.</p>}
      {made.data !== undefined && made.data.reports.length > 0 && (
        <MadeTable reports={made.data.reports} nameOf={nameOf} nowMs={nowMs} />
      )}
    </>
  );
}

const dateText = (ms: number): string => `${formatDay(ms)}, ${formatMinute(ms)}`;

const stateWords = {
  waiting: 'waits',
  sending: 'on its way',
  delivered: 'delivered',
  replaced: 'replaced',
  dead: 'given up',
} as const;

function MadeTable(props: {
  readonly reports: readonly MadeReport[];
  readonly nameOf: (id: string) => string;
  readonly nowMs: number;
}): ReactElement {
  return (
    <PlainTable label="Made reports">
      <table>
        <thead>
          <tr>
            <th scope="col">Report</th>
            <th scope="col">Made</th>
            <th scope="col">Delivery</th>
            <th scope="col">It says</th>
          </tr>
        </thead>
        <tbody>
          {props.reports.map(({ id, name, madeAt, dueTime, missed, deliveries, summary }) => (
            <tr key={id}>
              <td>
                <PageLink to="/reports" search={{ report: id }}>
                  {name}
                </PageLink>
              </td>
              <td>
                <TimeAgo time={madeAt} nowMs={props.nowMs} />
                {dueTime === null && <span className="faint"> by hand</span>}
                {missed > 0 && <span className="warn-text"> {missed} before it missed</span>}
              </td>
              <td>
                {deliveries.length === 0 && <Dash />}
                {deliveries.map(({ channel, state, lastError }) => (
                  <span
                    key={channel}
                    className={state === 'dead' ? 'report-sent error-text' : 'report-sent'}
                    title={lastError ?? ''}
                  >
                    {props.nameOf(channel)}: {stateWords[state]}
                  </span>
                ))}
              </td>
              <td className="grow soft" title={summary}>
                {summary}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </PlainTable>
  );
}
