import type { DashboardPanel } from '@sightline/schema/api';
import { DropdownMenu } from 'radix-ui';
import { useState, type ReactElement, type ReactNode } from 'react';
import { ApiError } from '../../api/client.ts';
import { saveTable } from '../../api/save-table.ts';
import { rowsOfPanel } from '../../model/panel-rows.ts';
import type { TimeRange } from '../../model/time-range.ts';
import { withLocalTimes } from '../../model/timestamp.ts';
import { IconButton } from '../../widgets/button.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { Markdown } from '../../widgets/markdown.tsx';
import { PanelChart } from './panel-chart.tsx';
import type { PanelMarks } from './panel-marks.tsx';
import { PanelNumber } from './panel-number.tsx';
import { PanelSpread } from './panel-spread.tsx';
import { PanelTable, PanelTop, SeriesTable } from './panel-tables.tsx';
import type { PanelAnswer } from './use-panel-answers.ts';

export interface PanelAction {
  readonly label: string;
  readonly run: () => void;
}

interface PanelFrameProps {
  readonly panel: DashboardPanel;
  readonly answer: PanelAnswer;
  /** What is drawn in beside its values. */
  readonly marks: PanelMarks;
  readonly range: TimeRange;
  readonly actions: readonly PanelAction[];
  /** While the dashboard is edited: what drags the panel. */
  readonly handle?: ReactNode;
  /** Where the range may be chosen. */
  readonly onBrush?: (fromMs: number, toMs: number) => void;
  readonly onRetry: () => void;
}

const formats = [
  ['csv', 'CSV'],
  ['jsonl', 'JSON'],
  ['markdown', 'Markdown'],
] as const;

export const isOverTime = ({ kind }: DashboardPanel): boolean =>
  kind === 'lines' || kind === 'bars' || kind === 'stacked';

/** A panel with its title, its menu and what it shows; one that cannot answer says why in its own place. */
export function PanelFrame(props: PanelFrameProps): ReactElement {
  const { panel, answer, actions, handle } = props;
  const [isNumbers, setNumbers] = useState(false);
  const title = panel.title === '' ? 'Untitled panel' : panel.title;
  const rows = answer.data === undefined ? [] : rowsOfPanel(panel.kind, answer.data);
  const all = [
    ...(isOverTime(panel)
      ? [{ label: isNumbers ? 'Show chart' : 'Show numbers', run: () => setNumbers(!isNumbers) }]
      : []),
    ...actions,
    ...(rows.length === 0
      ? []
      : formats.map(([format, label]) => ({
          label: `Save as ${label}`,
          run: () => void saveTable({ name: title, format, rows }).catch(() => undefined),
        }))),
  ];
  return (
    <>
      <header className="panel-head">
        {handle}
        <h2 className="clip" title={title}>
          {panel.kind === 'text' && panel.title === '' ? '' : title}
        </h2>
        {answer.data !== undefined && answer.data.notes.length > 0 && (
          <span className="warn-text" title={withLocalTimes(answer.data.notes.join(' '))}>
            <Icon name="warning" size={14} />
            <span className="visually-hidden">{withLocalTimes(answer.data.notes.join(' '))}</span>
          </span>
        )}
        {all.length > 0 && <PanelMenu title={title} actions={all} />}
      </header>
      <div className="panel-body" data-stale={answer.isAsking && answer.data !== undefined}>
        <PanelBody {...props} isNumbers={isNumbers} />
      </div>
    </>
  );
}

function PanelMenu({
  title,
  actions,
}: {
  readonly title: string;
  readonly actions: readonly PanelAction[];
}): ReactElement {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <IconButton icon="more" label={`Menu of ${title}`} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="floating menu" align="end" data-keyboard-layer="">
          {actions.map(({ label, run }) => (
            <DropdownMenu.Item key={label} className="menu-item" onSelect={run}>
              {label}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function PanelBody({
  panel,
  answer: { data, error, isAsking, band, bandNote = '' },
  marks,
  range,
  isNumbers,
  onBrush,
  onRetry,
}: PanelFrameProps & { readonly isNumbers: boolean }): ReactElement {
  if (panel.kind === 'text') return <Markdown text={panel.text} />;
  if (panel.queries.length === 0) return <PanelNote text="This panel asks nothing yet." />;
  if (error !== undefined && !isAsking) return <PanelFailure error={error} onRetry={onRetry} />;
  if (data === undefined) return <div className="panel-waits" role="status" aria-label="Loading" />;
  if (isOverTime(panel)) {
    const hasValues = data.series.some(({ values }) => values.some((value) => value !== null));
    if (!hasValues) return <PanelNote text="No values in this range." />;
    return isNumbers ? (
      <SeriesTable panel={panel} data={data} range={range} />
    ) : (
      <PanelChart
        panel={panel}
        data={data}
        band={band}
        bandNote={bandNote}
        marks={marks}
        {...(onBrush === undefined ? {} : { onBrush })}
      />
    );
  }
  switch (panel.kind) {
    case 'number':
      return <PanelNumber panel={panel} data={data} range={range} />;
    case 'distribution':
    case 'heat':
      return data.spread === null ||
        data.spread.counts.every((counts) => counts.every((count) => count === 0)) ? (
        <PanelNote text="No values in this range." />
      ) : (
        <PanelSpread panel={panel} data={data} range={range} />
      );
    default: {
      const isEmpty = data.table === null ? data.totals.length === 0 : data.table.rows.length === 0;
      if (isEmpty) return <PanelNote text="No rows in this range." />;
      return panel.kind === 'top' ? (
        <PanelTop panel={panel} data={data} range={range} />
      ) : (
        <PanelTable panel={panel} data={data} range={range} />
      );
    }
  }
}

function PanelNote({ text }: { readonly text: string }): ReactElement {
  return <p className="panel-note faint small">{text}</p>;
}

function PanelFailure({
  error,
  onRetry,
}: {
  readonly error: Error;
  readonly onRetry: () => void;
}): ReactElement {
  return (
    <div className="panel-failure small" role="alert">
      <p className="error-text">{error.message}</p>
      {error instanceof ApiError &&
        error.hint !== '' &&
        // A caret stands below what it points at.
        (/^ *\^/m.test(error.hint) ? <pre>{error.hint}</pre> : <p>{error.hint}</p>)}
      <button type="button" className="button button-quiet" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}
