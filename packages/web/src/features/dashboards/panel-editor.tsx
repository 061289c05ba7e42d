import {
  type DashboardPanel,
  panelKind,
  type PanelKind,
  type PanelOverlay,
  type PanelQuery,
  panelUnit,
  type PanelUnit,
} from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { Button, IconButton } from '../../widgets/button.tsx';
import { OverlayChoice } from './overlay-choice.tsx';
import { isOverTime } from './panel-frame.tsx';
import '../../widgets/form.css';

interface PanelEditorProps {
  readonly panel: DashboardPanel;
  /** Those of the dashboard, for panels that say nothing themselves. */
  readonly overlays: readonly PanelOverlay[];
  readonly onChange: (panel: DashboardPanel) => void;
  readonly onClose: () => void;
  readonly onRemove: () => void;
}

const kindWords: Readonly<Record<PanelKind, string>> = {
  lines: 'Lines over time',
  bars: 'Bars over time',
  stacked: 'Stacked over time',
  number: 'Number with change',
  table: 'Table',
  top: 'Top list',
  distribution: 'Distribution',
  heat: 'Heat map',
  text: 'Text',
};

const unitWords: Readonly<Record<PanelUnit, string>> = {
  auto: 'As the query says',
  none: 'None',
  seconds: 'Seconds',
  milliseconds: 'Milliseconds',
  dollars: 'US dollars',
  ratio: 'Share (0 to 1)',
  percent: 'Percent (0 to 100)',
  tokens: 'Tokens',
  bytes: 'Bytes',
  per_second: 'Per second',
};

const languages: Readonly<Record<PanelQuery['type'], { readonly label: string; readonly example: string }>> =
  {
    words: { label: 'Words', example: 'p95(duration) of calls by model' },
    promql: {
      label: 'PromQL',
      example: 'sum by (service_name) (rate(http_server_request_duration_seconds_count[5m]))',
    },
    sql: {
      label: 'SQL',
      example:
        'SELECT toStartOfInterval(start_time, toIntervalSecond({step})) AS time, service, count() AS value FROM spans WHERE start_time >= {from} AND start_time < {to} GROUP BY time, service',
    },
    count: { label: 'Filter', example: 'status:error service:api' },
    list: { label: 'List', example: '' },
  };

/** What a panel shows and asks. Each change is seen in the panel at once. */
export function PanelEditor({
  panel,
  overlays,
  onChange,
  onClose,
  onRemove,
}: PanelEditorProps): ReactElement {
  const change = (part: Partial<DashboardPanel>): void => onChange({ ...panel, ...part });
  const setQuery = (place: number, query: PanelQuery | undefined): void =>
    change({
      queries: panel.queries.flatMap((one, index) => (index === place ? (query ?? []) : one)),
    });
  return (
    <aside className="panel-editor" aria-label={`Edit ${panel.title}`}>
      <header>
        <h2>Edit panel</h2>
        <IconButton icon="close" label="Close" onClick={onClose} />
      </header>
      <div className="form-fields">
        <label className="field">
          <span>Title</span>
          <input
            value={panel.title}
            maxLength={200}
            onChange={(event) => change({ title: event.target.value })}
          />
        </label>
        <div className="form-row">
          <label className="field">
            <span>Shown as</span>
            <select
              value={panel.kind}
              onChange={(event) => change({ kind: event.target.value as PanelKind })}
            >
              {panelKind.options.map((kind) => (
                <option key={kind} value={kind}>
                  {kindWords[kind]}
                </option>
              ))}
            </select>
          </label>
          <label className="field">
            <span>Unit</span>
            <select
              value={panel.unit}
              onChange={(event) => change({ unit: event.target.value as PanelUnit })}
            >
              {panelUnit.options.map((unit) => (
                <option key={unit} value={unit}>
                  {unitWords[unit]}
                </option>
              ))}
            </select>
          </label>
        </div>
        {panel.kind === 'text' ? (
          <label className="field">
            <span>Text, in Markdown</span>
            <textarea
              rows={10}
              value={panel.text}
              maxLength={20_000}
              onChange={(event) => change({ text: event.target.value })}
            />
          </label>
        ) : (
          <>
            {panel.queries.map((query, place) => (
              <QueryEditor
                // Queries have no identity but their place.
                // oxlint-disable-next-line react/no-array-index-key
                key={place}
                query={query}
                onChange={(next) => setQuery(place, next)}
              />
            ))}
            <div>
              <Button
                icon="plus"
                disabled={panel.queries.length >= 6}
                onClick={() =>
                  change({ queries: [...panel.queries, { type: 'words', text: 'count of runs', name: '' }] })
                }
              >
                Add a query
              </Button>
            </div>
          </>
        )}
        <Thresholds panel={panel} onChange={change} />
        {isOverTime(panel) && (
          <div>
            <OverlayChoice
              legend="Drawn into this panel"
              chosen={panel.overlays ?? overlays}
              onChange={(chosen) => change({ overlays: chosen })}
            />
            {panel.overlays !== null && (
              <Button look="quiet" onClick={() => change({ overlays: null })}>
                As the dashboard says
              </Button>
            )}
          </div>
        )}
        <div>
          <Button look="quiet" onClick={onRemove}>
            Remove this panel
          </Button>
        </div>
      </div>
    </aside>
  );
}

function QueryEditor({
  query,
  onChange,
}: {
  readonly query: PanelQuery;
  readonly onChange: (query: PanelQuery | undefined) => void;
}): ReactElement {
  const setType = (type: PanelQuery['type']): void => {
    const { example } = languages[type];
    const isExample = query.text === '' || query.text === languages[query.type].example;
    const text = isExample || type !== query.type ? example : query.text;
    if (type === 'list') return onChange({ type, of: 'alerts', text: '', name: query.name });
    return onChange(
      type === 'count'
        ? { type, text, name: query.name, signal: 'traces' }
        : { type, text, name: query.name },
    );
  };
  return (
    <fieldset className="query-editor">
      <div className="form-row">
        <label className="field">
          <span>Asks in</span>
          <select value={query.type} onChange={(event) => setType(event.target.value as PanelQuery['type'])}>
            {Object.entries(languages).map(([type, { label }]) => (
              <option key={type} value={type}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {query.type === 'count' && (
          <label className="field">
            <span>Counts</span>
            <select
              value={query.signal}
              onChange={(event) => onChange({ ...query, signal: event.target.value as typeof query.signal })}
            >
              <option value="traces">traces</option>
              <option value="spans">spans</option>
              <option value="logs">log records</option>
            </select>
          </label>
        )}
        {query.type === 'list' && (
          <label className="field">
            <span>Lists</span>
            <select
              value={query.of}
              onChange={(event) => onChange({ ...query, of: event.target.value as typeof query.of })}
            >
              <option value="alerts">alerts that fire</option>
              <option value="slos">SLOs</option>
              <option value="errors">errors by cause</option>
            </select>
          </label>
        )}
        <IconButton icon="close" label="Remove this query" onClick={() => onChange(undefined)} />
      </div>
      <label className="field">
        <span>Query</span>
        <textarea
          className="mono"
          rows={query.type === 'sql' ? 6 : 3}
          spellCheck={false}
          value={query.text}
          placeholder={languages[query.type].example}
          onChange={(event) => onChange({ ...query, text: event.target.value })}
        />
      </label>
      <label className="field">
        <span>Name of its lines</span>
        <input
          value={query.name}
          maxLength={200}
          placeholder="{{model}}"
          onChange={(event) => onChange({ ...query, name: event.target.value })}
        />
      </label>
    </fieldset>
  );
}

function Thresholds({
  panel,
  onChange,
}: {
  readonly panel: DashboardPanel;
  readonly onChange: (part: Partial<DashboardPanel>) => void;
}): ReactElement {
  const set = (place: number, next: DashboardPanel['thresholds'][number] | undefined): void =>
    onChange({
      thresholds: panel.thresholds.flatMap((one, index) => (index === place ? (next ?? []) : one)),
    });
  return (
    <fieldset className="query-editor">
      <legend className="small soft">Thresholds</legend>
      {panel.thresholds.map((threshold, place) => (
        // Thresholds have no identity but their place.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={place} className="form-row">
          <label className="field">
            <span>From</span>
            <input
              type="number"
              step="any"
              value={threshold.from}
              onChange={(event) => {
                const from = event.target.valueAsNumber;
                if (Number.isFinite(from)) set(place, { ...threshold, from });
              }}
            />
          </label>
          <label className="field">
            <span>Colour</span>
            <select
              value={threshold.tone}
              onChange={(event) =>
                set(place, { ...threshold, tone: event.target.value as typeof threshold.tone })
              }
            >
              <option value="good">good</option>
              <option value="warn">warning</option>
              <option value="error">error</option>
            </select>
          </label>
          <IconButton icon="close" label="Remove this threshold" onClick={() => set(place, undefined)} />
        </div>
      ))}
      <div>
        <Button
          icon="plus"
          disabled={panel.thresholds.length >= 5}
          onClick={() => onChange({ thresholds: [...panel.thresholds, { from: 1, tone: 'warn' }] })}
        >
          Add a threshold
        </Button>
      </div>
    </fieldset>
  );
}
