import type { OutlookResponse, OutlookSeries } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState, type FormEvent, type ReactElement } from 'react';
import { outlookQuery } from '../../api/outlook-queries.ts';
import { alertValue } from '../../model/alert-words.ts';
import {
  type Ahead,
  aheadOptions,
  aheadSeconds,
  backtestWords,
  monthWords,
  outlookLines,
  outlookPresets,
  outlookSentence,
  seriesTitle,
} from '../../model/outlook-words.ts';
import { pinOfOutlook } from '../../model/pinned-chart.ts';
import { formatDateTime, msFromTimestamp } from '../../model/timestamp.ts';
import { Button, Segmented } from '../../widgets/button.tsx';
import { Chart } from '../../widgets/chart.tsx';
import { Filler } from '../../widgets/filler.tsx';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { Page } from '../../widgets/page.tsx';
import { PinThis } from '../../widgets/pin-this.tsx';
import { ErrorNotice, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { useKept } from '../../widgets/use-kept.ts';
import { useQuestion } from '../../widgets/use-question.ts';
import type { UrlSearch } from '../../widgets/url-state.ts';
import '../../widgets/form.css';
import './outlook-page.css';

const defaultValue = outlookPresets[0]?.value ?? 'count';

/** What a value is expected to be, what was unusual about it, and where it is going. */
export function OutlookPage(): ReactElement {
  const { range, asOf, search, patch, setRange, refresh } = useQuestion();
  const kind = search['kind'] === 'promql' ? 'promql' : 'sightline';
  const value = search['value'] ?? defaultValue;
  const ahead = aheadOptions.find((each) => each.value === search['ahead'])?.value ?? 'off';
  const { target, direction, budget } = search;
  const query = useQuery(
    outlookQuery({ kind, value, ...range, aheadS: aheadSeconds[ahead], target, direction, budget }, asOf),
  );
  const found = useKept(query.data, query.error);
  return (
    <Page
      title="Outlook"
      answer={
        found === undefined ? (
          query.error === null ? (
            <SkeletonText width={320} />
          ) : (
            'Outlook'
          )
        ) : (
          outlookSentence(found)
        )
      }
      detail={
        found === undefined ? undefined : (
          <>
            <span className="mono small">{found.printed}</span>{' '}
            <PinThis name={value} pin={async () => pinOfOutlook(kind, value)} />
          </>
        )
      }
      actions={<TimeRangePicker range={range} onChange={setRange} onRefresh={refresh} />}
    >
      <div className="page-scroll outlook">
        <OutlookForm
          key={`${kind} ${value} ${target ?? ''} ${direction ?? ''} ${budget ?? ''}`}
          asked={{ kind, value, ahead, target, direction, budget }}
          onAsk={(changes) => patch(changes)}
        />
        <KeptNote query={query} isShown={found !== undefined} onRetry={refresh} />
        {query.error !== null && found === undefined && <ErrorNotice error={query.error} onRetry={refresh} />}
        {query.isPending && <SkeletonRows count={6} />}
        {found !== undefined && <Answer found={found} />}
      </div>
    </Page>
  );
}

interface Asked {
  readonly kind: 'sightline' | 'promql';
  readonly value: string;
  readonly ahead: Ahead;
  readonly target: string | undefined;
  readonly direction: string | undefined;
  readonly budget: string | undefined;
}

function OutlookForm({
  asked,
  onAsk,
}: {
  readonly asked: Asked;
  readonly onAsk: (changes: UrlSearch) => void;
}): ReactElement {
  const [kind, setKind] = useState(asked.kind);
  const [value, setValue] = useState(asked.value);
  const [target, setTarget] = useState(asked.target ?? '');
  const [direction, setDirection] = useState(asked.direction === 'falls' ? 'falls' : 'rises');
  const [budget, setBudget] = useState(asked.budget ?? '');
  const ask = (event: FormEvent): void => {
    event.preventDefault();
    onAsk({
      kind: kind === 'promql' ? kind : undefined,
      value,
      target: target.trim(),
      direction: direction === 'falls' ? direction : undefined,
      budget: budget.trim(),
    });
  };
  return (
    <form className="form-fields outlook-form" onSubmit={ask}>
      <div className="outlook-presets" role="group" aria-label="Examples">
        {outlookPresets.map((preset) => (
          <Button
            key={preset.label}
            look="quiet"
            pressed={preset.value === asked.value}
            onClick={() =>
              onAsk({
                kind: preset.kind === 'promql' ? preset.kind : undefined,
                value: preset.value,
                ahead: preset.ahead,
                target: preset.target,
                budget: preset.budget,
                direction: undefined,
              })
            }
          >
            {preset.label}
          </Button>
        ))}
      </div>
      <div className="form-row">
        <label className="field outlook-value">
          <span>Value</span>
          <input
            className="mono"
            value={value}
            spellCheck={false}
            onChange={(event) => setValue(event.target.value)}
          />
        </label>
        <label className="field outlook-small">
          <span>Written in</span>
          <select
            value={kind}
            onChange={(event) => setKind(event.target.value === 'promql' ? 'promql' : 'sightline')}
          >
            <option value="sightline">Words</option>
            <option value="promql">PromQL</option>
          </select>
        </label>
        <label className="field outlook-small">
          <span>When it</span>
          <select value={direction} onChange={(event) => setDirection(event.target.value)}>
            <option value="rises">rises to</option>
            <option value="falls">falls to</option>
          </select>
        </label>
        <label className="field outlook-small">
          <span>Target</span>
          <input inputMode="decimal" value={target} onChange={(event) => setTarget(event.target.value)} />
        </label>
        <label className="field outlook-small">
          <span>Budget a month</span>
          <input inputMode="decimal" value={budget} onChange={(event) => setBudget(event.target.value)} />
        </label>
        <Button look="primary" type="submit">
          Show
        </Button>
      </div>
      <Segmented
        label="Forecast"
        value={asked.ahead}
        options={aheadOptions}
        onChange={(next) => onAsk({ ahead: next === 'off' ? undefined : next })}
      />
    </form>
  );
}

function Answer({ found }: { readonly found: OutlookResponse }): ReactElement {
  const left = found.seriesCount - found.series.length;
  if (found.seriesCount === 0)
    return (
      <Notice icon="metrics" title="There are no values in this time">
        <p>Choose a longer time, or another value.</p>
        <Filler page="traces" />
      </Notice>
    );
  return (
    <>
      {found.peers.length > 0 && (
        <section className="outlook-peers" aria-label="Unlike their peers">
          <h2>Unlike their peers</h2>
          <ul>
            {found.peers.slice(0, 5).map((peer) => (
              <li key={JSON.stringify(peer.labels)}>
                <b>{seriesTitle(peer)}</b> {peer.text}
                <span className="soft small"> since {timeWords(peer.from)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <div className="outlook-cards">
        {found.series.map((one) => (
          <SeriesCard key={JSON.stringify(one.labels)} one={one} unit={found.unit} />
        ))}
      </div>
      {left > 0 && (
        <p className="soft outlook-note">{left} more are not drawn: narrow the value with `where`.</p>
      )}
    </>
  );
}

function SeriesCard({
  one,
  unit,
}: {
  readonly one: OutlookSeries;
  readonly unit: OutlookResponse['unit'];
}): ReactElement {
  const lines = useMemo(() => outlookLines(one), [one]);
  const series = useMemo(
    () => [
      { label: 'value', values: lines.value, isShown: true },
      { label: 'forecast', values: lines.forecast, isShown: true },
    ],
    [lines],
  );
  const band = useMemo(() => ({ low: lines.low, high: lines.high }), [lines]);
  const [first = 0] = lines.xS;
  const last = lines.xS.at(-1) ?? first;
  return (
    <section className="outlook-card" aria-label={seriesTitle(one)}>
      <header>
        <h2>{seriesTitle(one)}</h2>
        {one.isUnusual && <span className="error-text">Unusual now</span>}
        {one.forecast?.reach !== undefined && one.forecast.reach !== null && (
          <span className="soft">Gets there {one.forecast.reach.text}</span>
        )}
      </header>
      <Chart
        label={`${seriesTitle(one)} over time, with what was expected of it`}
        range={{ fromMs: first * 1000, toMs: last * 1000 }}
        xS={lines.xS}
        series={series}
        band={band}
        height={180}
        formatValue={(value) => alertValue(value, unit)}
      />
      {one.isTooShort && <p className="soft small">There is too little of it yet to expect anything.</p>}
      {one.month !== null && <p>{monthWords(one.month, unit)}</p>}
      <ul className="outlook-facts">
        {one.shifts.map((shift) => (
          <li key={`shift ${shift.time}`}>
            <span className="mono small faint">{timeWords(shift.time)}</span> New {shift.text}
          </li>
        ))}
        {one.unusual.slice(0, 5).map((stretch) => (
          <li key={`unusual ${stretch.from}`}>
            <span className="mono small faint">{timeWords(stretch.from)}</span> {stretch.text}
          </li>
        ))}
        {one.unusual.length > 5 && <li className="soft small">{one.unusual.length - 5} more before.</li>}
      </ul>
      {one.forecast !== null && <p className="soft small">{backtestWords(one.forecast, unit)}</p>}
    </section>
  );
}

const timeWords = (time: string): string => formatDateTime(msFromTimestamp(time)).slice(0, -4);
