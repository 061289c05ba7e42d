import type { ReportResponse } from '@sightline/schema/api';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { queryString } from '../../api/client.ts';
import {
  madeReportQuery,
  madeReportsQuery,
  reportQuery,
  reportSchedulesQuery,
} from '../../api/report-queries.ts';
import { saveAnswer } from '../../api/save-rows.ts';
import { counted } from '@sightline/base';
import { browserZone, rangeOfPeriod, reportPeriods } from '../../model/report-periods.ts';
import { describeRange, type TimeRange } from '../../model/time-range.ts';
import { Button, IconButton, Segmented } from '../../widgets/button.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { useTimeRange, useUrlState } from '../../widgets/url-state.ts';
import { ReportView } from './report-view.tsx';
import { ScheduleForm } from './schedule-form.tsx';
import { SchedulesView } from './schedules-view.tsx';
import '../../widgets/form.css';
import '../../widgets/plain-table.css';
import './reports-page.css';

const views = [
  { value: 'report', label: 'Report' },
  { value: 'schedules', label: 'Schedules' },
] as const;

/** What happened in a period, on one page: to read, to keep as a file, and to have it sent. */
export function ReportsPage(): ReactElement {
  const { search, patch } = useUrlState();
  const schedules = useQuery(reportSchedulesQuery);
  const edited = search['schedule'];
  const open = (schedule: string | undefined): void => patch({ schedule }, 'replace');
  useKeys('Reports', [{ keys: 'c', label: 'Schedule a report', run: () => open('new') }]);
  const all = schedules.data?.schedules ?? [];
  const on = all.filter(({ enabled }) => enabled).length;
  const chosen = all.find(({ id }) => id === edited);
  const isOpen = edited === 'new' || chosen !== undefined;
  const view = search['view'] === 'schedules' ? 'schedules' : 'report';
  const made = search['report'];
  const side = isOpen && (
    <aside className="reports-side" aria-label={chosen?.name ?? 'New schedule'}>
      <header>
        <h2>{chosen?.name ?? 'Schedule this report'}</h2>
        <IconButton icon="close" label="Close" onClick={() => open(undefined)} />
      </header>
      <ScheduleForm
        key={chosen?.updatedAt ?? 'new'}
        schedule={chosen}
        q={search['q'] ?? ''}
        onDone={(id) => patch({ schedule: id, view: 'schedules', report: undefined }, 'replace')}
      />
    </aside>
  );
  const choice = (
    <Segmented
      label="What is shown"
      value={view}
      options={views}
      onChange={(next) => patch({ view: next === 'report' ? undefined : next, report: undefined })}
    />
  );
  if (view === 'report')
    return made === undefined ? (
      <PeriodReport side={side} choice={choice} onSchedule={() => open('new')} />
    ) : (
      <MadeReportPage id={made} side={side} choice={choice} />
    );
  return (
    <Page
      title="Reports"
      answer={
        schedules.data === undefined
          ? 'Reports'
          : on === 0
            ? 'No report is made by itself'
            : `${counted(on, 'report is', 'reports are')} made by ${on === 1 ? 'itself' : 'themselves'}`
      }
      detail="A report in the inbox on Monday: when it is made, and whom it is sent to."
      actions={
        <>
          {choice}
          <Button look="primary" icon="plus" onClick={() => open('new')}>
            Schedule a report
          </Button>
        </>
      }
    >
      {schedules.error !== null && schedules.data === undefined && (
        <ErrorNotice error={schedules.error} onRetry={() => void schedules.refetch()} />
      )}
      <div className={isOpen ? 'reports' : 'page-scroll'}>
        <div className="reports-main">
          {schedules.isPending ? (
            <SkeletonRows count={4} />
          ) : (
            <SchedulesView schedules={all} chosen={chosen?.id} onOpen={open} />
          )}
        </div>
        {side}
      </div>
    </Page>
  );
}

interface PartsProps {
  readonly side: ReactElement | false;
  readonly choice: ReactElement;
}

const week: TimeRange = { from: '-7d', to: 'now' };

function PeriodReport({
  side,
  choice,
  onSchedule,
}: PartsProps & { readonly onSchedule: () => void }): ReactElement {
  const { search, patch } = useUrlState();
  const range = useTimeRange(week);
  const [asOf, setAsOf] = useState(() => Date.now());
  const timeZone = browserZone();
  const q = search['q'];
  const asked = { ...range, timeZone, ...(q === undefined ? {} : { q }) };
  const query = useQuery(reportQuery(asked, asOf));
  const choose = ({ from, to }: TimeRange): void => {
    setAsOf(Date.now());
    patch({ from, to });
  };
  const period = reportPeriods.find(({ value }) => {
    const { from, to } = rangeOfPeriod(value, asOf, timeZone);
    return from === range.from && to === range.to;
  });
  return (
    <Shown
      title="Report"
      path={(format) => `/report${queryString({ ...asked, format })}`}
      timeZone={timeZone}
      query={query}
      detail={
        <>
          {describeRange(range, asOf)}
          {q !== undefined && (
            <>
              {' '}
              · only <code>{q}</code>{' '}
              <button type="button" className="report-name" onClick={() => patch({ q: undefined })}>
                show everything
              </button>
            </>
          )}
        </>
      }
      actions={
        <>
          {choice}
          <Button look="primary" icon="clock" onClick={onSchedule}>
            Schedule
          </Button>
        </>
      }
      tools={
        <>
          <Segmented
            label="Period"
            value={period?.value ?? 'other'}
            options={reportPeriods}
            onChange={(value) => {
              if (value !== 'other') choose(rangeOfPeriod(value, Date.now(), timeZone));
            }}
          />
          <TimeRangePicker range={range} onChange={choose} onRefresh={() => setAsOf(Date.now())} />
        </>
      }
      side={side}
    />
  );
}

function MadeReportPage({ id, side, choice }: PartsProps & { readonly id: string }): ReactElement {
  const query = useQuery(madeReportQuery(id));
  const made = useQuery(madeReportsQuery).data?.reports.find((report) => report.id === id);
  return (
    <Shown
      title={made?.name ?? 'Report'}
      path={(format) => `/reports/${encodeURIComponent(id)}${queryString({ format })}`}
      timeZone={browserZone()}
      query={query}
      detail={
        <>
          A report as it was made.{' '}
          <PageLink to="/reports" search={{ view: 'schedules' }}>
            All made reports
          </PageLink>
        </>
      }
      actions={choice}
      tools={null}
      side={side}
    />
  );
}

function Shown(props: {
  readonly title: string;
  /** Of the API, in a format. */
  readonly path: (format: 'html' | 'markdown') => string;
  readonly timeZone: string;
  readonly query: {
    readonly data: ReportResponse | undefined;
    readonly error: Error | null;
    readonly isPending: boolean;
    readonly refetch: () => unknown;
  };
  readonly detail: ReactElement;
  readonly actions: ReactElement;
  readonly tools: ReactElement | null;
  readonly side: ReactElement | false;
}): ReactElement {
  const { data, error, isPending, refetch } = props.query;
  // The first sentence of what the report says.
  const [headline] = data?.summary.split(/(?<=\.) /) ?? [];
  const save = useMutation({
    mutationFn: async (format: 'html' | 'markdown') =>
      saveAnswer(props.path(format), `report.${format === 'html' ? 'html' : 'md'}`),
  });
  return (
    <Page
      title="Reports"
      answer={isPending ? <SkeletonText width={320} /> : (headline ?? props.title)}
      detail={props.detail}
      actions={props.actions}
    >
      <div className="reports-tools">
        {props.tools}
        <Button icon="file" disabled={data === undefined} onClick={() => save.mutate('html')}>
          HTML
        </Button>
        <Button icon="file" disabled={data === undefined} onClick={() => save.mutate('markdown')}>
          Markdown
        </Button>
        {save.error !== null && <span className="error-text small">{save.error.message}</span>}
      </div>
      <div className={props.side === false ? 'page-scroll' : 'reports'}>
        <div className="reports-main">
          {error !== null && <ErrorNotice error={error} onRetry={() => void refetch()} />}
          {isPending && <SkeletonRows count={12} />}
          {data !== undefined && <ReportView report={data} timeZone={props.timeZone} title={props.title} />}
        </div>
        {props.side}
      </div>
    </Page>
  );
}
