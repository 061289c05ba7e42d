import type { HistogramResponse } from '@sightline/schema/api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { compareQuery } from '../../api/analysis-queries.ts';
import { type BKind, hasSides, kindOfB, rangeBefore, sideParameters } from '../../model/compare-words.ts';
import { describeRange, rangeFromMs } from '../../model/time-range.ts';
import { Button, Segmented } from '../../widgets/button.tsx';
import { FilterBar } from '../../widgets/filter-bar.tsx';
import { HistogramStrip } from '../../widgets/histogram-strip.tsx';
import { PinThis } from '../../widgets/pin-this.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice } from '../../widgets/states.tsx';
import type { Question } from '../../widgets/use-question.ts';
import { PromptSides, ReplaySides } from './named-sides.tsx';

const kinds: readonly { readonly value: BKind; readonly label: string }[] = [
  { value: 'rest', label: 'The rest' },
  { value: 'filter', label: 'A filter' },
  { value: 'before', label: 'The time before' },
];

/** What is compared with what: filters, times, runs, or a stretch of the chart and the rest. */
export function CompareSides({
  question,
  histogram,
  problem,
}: {
  readonly question: Question;
  readonly histogram: HistogramResponse | undefined;
  readonly problem: string | undefined;
}): ReactElement {
  const { search, patch, range, asked, asOf } = question;
  const [isFilterOpen, setFilterOpen] = useState(false);
  const [arePromptsOpen, setPromptsOpen] = useState(false);
  const client = useQueryClient();
  const reported = kindOfB(search);
  const kind = reported === 'rest' && isFilterOpen ? 'filter' : reported;
  const isTraces = search['aTraces'] !== undefined || reported === 'traces';
  const chooseB = (next: BKind): void => {
    setFilterOpen(next === 'filter');
    const before = rangeBefore(range, asOf);
    patch({
      b: next === 'filter' ? search['b'] : undefined,
      bFrom: next === 'before' ? before.from : undefined,
      bTo: next === 'before' ? before.to : undefined,
    });
  };
  const chooseSlowest = useMutation({
    mutationFn: async () => client.fetchQuery(compareQuery({ ...asked }, asOf)),
    onSuccess: ({ metrics }) => {
      const slowMs = metrics.find(({ name }) => name === 'duration')?.a.quantiles[19];
      if (slowMs !== undefined) patch({ a: `trace.duration>=${Math.max(1, Math.floor(slowMs))}ms` });
    },
  });
  const clear = (): void => {
    setPromptsOpen(false);
    patch(Object.fromEntries(sideParameters.map((name) => [name, undefined])));
  };
  if (search['replay'] !== undefined) return <ReplaySides id={search['replay']} onClear={clear} />;
  if (arePromptsOpen || search['aPrompt'] !== undefined || search['bPrompt'] !== undefined)
    return <PromptSides state={question} onClear={clear} />;
  if (isTraces)
    return (
      <div className="compare-sides">
        <ChosenTraces side="A" ids={search['aTraces']} />
        <ChosenTraces side="B" ids={search['bTraces']} />
        <div className="compare-choices">
          <Button onClick={() => patch({ aTraces: search['bTraces'], bTraces: search['aTraces'] })}>
            Swap
          </Button>
          <Button onClick={clear}>Compare something else</Button>
        </div>
      </div>
    );
  return (
    <div className="compare-sides">
      <div className="compare-side">
        <b className="compare-letter is-a">A</b>
        <FilterBar
          signal="traces"
          value={search['a'] ?? ''}
          range={range}
          placeholder="What A is: service.version:2 model:gpt-5.4 trace.duration>5s status:error"
          problem={problem}
          onApply={(a) => patch({ a })}
        />
      </div>
      <div className="compare-choices">
        {question.filter !== '' && (
          <Button icon="close" title="Both sides are among these" onClick={() => question.setFilter('')}>
            Only <span className="mono">{question.filter}</span>
          </Button>
        )}
        {search['a'] === undefined && (
          <Button disabled={chooseSlowest.isPending} onClick={() => chooseSlowest.mutate()}>
            The slowest 5 %
          </Button>
        )}
        {search['a'] === undefined && (
          <Button onClick={() => patch({ a: 'status:error' })}>Those that failed</Button>
        )}
        {!hasSides(search) && <Button onClick={() => setPromptsOpen(true)}>Two prompt versions</Button>}
        {search['aFrom'] !== undefined && (
          <Button icon="close" onClick={() => patch({ aFrom: undefined, aTo: undefined })}>
            A is {describeRange({ from: search['aFrom'], to: search['aTo'] ?? range.to }, asOf)}
          </Button>
        )}
        {(search['a'] !== undefined || search['aFrom'] !== undefined) && (
          <Button onClick={clear}>Clear</Button>
        )}
      </div>
      {chooseSlowest.error !== null && (
        <ErrorNotice error={chooseSlowest.error} onRetry={() => chooseSlowest.mutate()} />
      )}
      <div className="compare-side">
        <b className="compare-letter is-b">B</b>
        <Segmented
          label="What B is"
          value={kind === 'traces' ? 'rest' : kind}
          options={kinds}
          onChange={chooseB}
        />
        {kind === 'filter' && (
          <FilterBar
            signal="traces"
            value={search['b'] ?? ''}
            range={range}
            placeholder="What B is: service.version:1"
            onApply={(b) => patch({ b })}
          />
        )}
      </div>
      <div className="compare-strip strip-row" title="Drag over a stretch to compare it with the rest">
        <span className="alert-on-this">
          <PinThis
            name="traces over time"
            pin={async () => (await import('../../model/pinned-chart.ts')).pinOfTraces(question.filter)}
          />
        </span>
        <HistogramStrip
          data={histogram}
          noun="traces"
          durations
          onBrush={(fromMs, toMs) => {
            const brushed = rangeFromMs(fromMs, toMs);
            patch({ aFrom: brushed.from, aTo: brushed.to });
          }}
        />
        <p className="faint small">Drag over the chart: A is that stretch, B the rest.</p>
      </div>
    </div>
  );
}

function ChosenTraces({
  side,
  ids = '',
}: {
  readonly side: 'A' | 'B';
  readonly ids: string | undefined;
}): ReactElement {
  const list = ids === '' ? [] : ids.split(',');
  return (
    <p className="compare-side">
      <b className={`compare-letter is-${side.toLowerCase()}`}>{side}</b>
      {list.length === 0 ? 'The rest' : ''}
      {list.slice(0, 3).map((id) => (
        <PageLink key={id} to={`/traces/${id}`} className="mono">
          {id}
        </PageLink>
      ))}
      {list.length > 3 && <span className="faint">and {list.length - 3} more</span>}
    </p>
  );
}
