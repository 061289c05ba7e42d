import {
  counted,
  diffLines,
  foldSame,
  formatCostUsd,
  formatDurationMs,
  formatNumber,
  ownValue,
} from '@sightline/base';
import type { ComparisonResponse, ScoreComparison } from '@sightline/schema/api';
import { printText } from '@sightline/schema/filter';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { comparisonQuery } from '../../api/quality-queries.ts';
import { Button, Segmented } from '../../widgets/button.tsx';
import { Dash } from '../../widgets/facts.tsx';
import { DiffLines } from '../../widgets/diff-lines.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, SkeletonRows } from '../../widgets/states.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { SaveRows } from '../../widgets/save-rows.tsx';
import { SaveTable } from '../../widgets/save-table.tsx';

type Show = 'all' | 'regressions' | 'improvements' | 'errors' | 'changed';

/** Items × experiments, the worst regressions first, and how sure the differences of the whole are. */
export function ComparisonView({
  ids,
  isRunning,
}: {
  readonly ids: string;
  readonly isRunning: boolean;
}): ReactElement {
  const { search, patch } = useUrlState();
  const show = (search['show'] ?? 'all') as Show;
  const query = useInfiniteQuery({
    ...comparisonQuery(ids, { show, baseline: search['baseline'] }),
    // What is shown may be older than the end: it is read once more after it.
    refetchInterval: ({ state }) =>
      isRunning || state.data?.pages[0]?.experiments.some((each) => each.state === 'running') === true
        ? 3_000
        : false,
  });
  const [first] = query.data?.pages ?? [];
  if (query.error !== null && first === undefined)
    return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  if (first === undefined) return <SkeletonRows count={10} />;
  const { counts } = first;
  const isAlone = first.experiments.length < 2;
  return (
    <>
      {!isAlone && <Differences comparison={first} />}
      <div className="row-actions">
        <Segmented
          label="Items shown"
          value={show}
          options={[
            { value: 'all', label: `All ${counts.all}` },
            { value: 'regressions', label: `Worse ${counts.regressions}` },
            { value: 'improvements', label: `Better ${counts.improvements}` },
            { value: 'changed', label: `Changed ${counts.changed}` },
            { value: 'errors', label: `Failed ${counts.errors}` },
          ]}
          onChange={(value) => patch({ show: value === 'all' ? undefined : value }, 'replace')}
        />
        <SaveRows list="compared-items" asked={{ ids, show, baseline: search['baseline'] }} />
        {isAlone && <span className="faint">Choose a second experiment to compare, or pin a baseline.</span>}
      </div>
      <ItemTable comparison={first} items={query.data?.pages.flatMap((page) => page.items) ?? []} />
      {query.hasNextPage && (
        <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          More items
        </Button>
      )}
    </>
  );
}

const verdictWords = {
  better: 'Better',
  worse: 'Worse',
  unclear: 'No clear difference',
  same: 'Same',
} as const;
const verdictTones = { better: 'good-text', worse: 'error-text', unclear: 'soft', same: 'faint' } as const;

function Differences({ comparison }: { readonly comparison: ComparisonResponse }): ReactElement {
  const nameOf = (id: string): string => comparison.experiments.find((each) => each.id === id)?.name ?? id;
  return (
    <>
      <SaveTable
        name="differences of experiments"
        rows={comparison.comparisons.flatMap(({ id, scores }) =>
          scores.map((score) => ({ experiment: nameOf(id), ...score })),
        )}
      />
      <PlainTable label="Differences">
        <table>
          <thead>
            <tr>
              <th scope="col">Compared with {nameOf(comparison.baseline)}</th>
              <th scope="col">Score</th>
              <th scope="col" className="end">
                Baseline
              </th>
              <th scope="col" className="end">
                Here
              </th>
              <th scope="col" className="end">
                Difference
              </th>
              <th scope="col" className="end">
                95 % interval
              </th>
              <th scope="col">Verdict</th>
              <th scope="col" className="end">
                Items better / worse
              </th>
            </tr>
          </thead>
          <tbody>
            {comparison.comparisons.flatMap(({ id, scores }) =>
              scores
                .filter(({ pairs }) => pairs > 0)
                .map((score, at) => (
                  <tr key={`${id} ${score.name}`}>
                    <td>
                      {at === 0 && (
                        <>
                          {nameOf(id)}{' '}
                          <PageLink
                            to="/compare"
                            title={`How the runs of ${nameOf(id)} did against those of ${nameOf(comparison.baseline)}`}
                            search={{
                              ...sinceFirst(comparison),
                              a: runsOf(id),
                              b: runsOf(comparison.baseline),
                            }}
                          >
                            Compare their runs
                          </PageLink>
                        </>
                      )}
                    </td>
                    <td>{ownValue(scoreLabels, score.name) ?? score.name}</td>
                    <td className="end">{valueText(score, score.baseline)}</td>
                    <td className="end">{valueText(score, score.candidate)}</td>
                    <td className="end">{signed(score, score.difference)}</td>
                    <td className="end">
                      {score.interval === null ? (
                        <Dash />
                      ) : (
                        `${signed(score, score.interval.low)} … ${signed(score, score.interval.high)}`
                      )}
                    </td>
                    <td className={verdictTones[score.verdict]}>{verdictWords[score.verdict]}</td>
                    <td className="end">
                      {score.wins} / {score.losses} of {score.pairs}
                    </td>
                  </tr>
                )),
            )}
          </tbody>
        </table>
      </PlainTable>
    </>
  );
}

const runsOf = (id: string): string => `attr.sightline.experiment.id:${printText(id)}`;

/** From before the first of them began. */
function sinceFirst({ experiments }: ComparisonResponse): { readonly from: string; readonly to: string } {
  const begun = Math.min(...experiments.map(({ createdAt }) => Date.parse(createdAt)));
  return { from: new Date(begun - 60_000).toISOString(), to: 'now' };
}

const scoreLabels: Readonly<Record<string, string>> = { latency_ms: 'Latency', cost_usd: 'Cost' };

function valueText({ name }: Pick<ScoreComparison, 'name'>, value: number | null): string {
  if (value === null) return '–';
  if (name === 'latency_ms') return formatDurationMs(value);
  return name === 'cost_usd' ? formatCostUsd(value) : formatNumber(value);
}

function signed(score: Pick<ScoreComparison, 'name'>, value: number | null): string {
  if (value === null) return '–';
  return `${value < 0 ? '−' : '+'}${valueText(score, Math.abs(value))}`;
}

type Item = ComparisonResponse['items'][number];
const itemWords = { regression: 'Worse', improvement: 'Better', mixed: 'Mixed', same: '' } as const;
const itemTones = {
  regression: 'error-text',
  improvement: 'good-text',
  mixed: 'soft',
  same: 'faint',
} as const;

function ItemTable({
  comparison,
  items,
}: {
  readonly comparison: ComparisonResponse;
  readonly items: readonly Item[];
}): ReactElement {
  const [open, setOpen] = useState('');
  const wide = 4 + comparison.experiments.length;
  if (items.length === 0) return <p className="soft">No item is like that.</p>;
  return (
    <>
      <PlainTable label="Items">
        <table>
          <thead>
            <tr>
              <th scope="col">Verdict</th>
              <th scope="col">Item</th>
              <th scope="col">Input</th>
              <th scope="col">Expected</th>
              {comparison.experiments.map(({ id, name }) => (
                <th key={id} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.flatMap((item) => [
              <tr key={item.itemId} aria-selected={open === item.itemId}>
                <td className={itemTones[item.verdict]}>{itemWords[item.verdict]}</td>
                <td>
                  <button
                    type="button"
                    className="button button-quiet mono small"
                    aria-expanded={open === item.itemId}
                    onClick={() => setOpen(open === item.itemId ? '' : item.itemId)}
                  >
                    {item.itemId.slice(0, 12)}
                  </button>
                </td>
                <td title={textOf(item.input).slice(0, 1_000)}>{textOf(item.input).slice(0, 120)}</td>
                <td title={textOf(item.expected).slice(0, 1_000)}>
                  {item.expected === null ? <Dash /> : textOf(item.expected).slice(0, 120)}
                </td>
                {item.results.map((result, at) => (
                  <td key={comparison.experiments[at]?.id}>
                    <ResultCell result={result} />
                  </td>
                ))}
              </tr>,
              ...(open === item.itemId
                ? [
                    <tr key={`${item.itemId} open`}>
                      <td colSpan={wide} style={{ maxWidth: 'none', whiteSpace: 'normal' }}>
                        <Answers comparison={comparison} item={item} />
                      </td>
                    </tr>,
                  ]
                : []),
            ])}
          </tbody>
        </table>
      </PlainTable>
    </>
  );
}

type Result = Item['results'][number];

function ResultCell({ result }: { readonly result: Result }): ReactElement {
  if (result === null) return <Dash />;
  const scores = Object.entries(result.scores).map(
    ([name, { value, label }]) => `${name} ${label ?? (value === null ? '–' : formatNumber(value))}`,
  );
  const text = result.error ?? textOf(result.output);
  return (
    <span className={result.errors > 0 ? 'error-text' : ''} title={text.slice(0, 1_000)}>
      {text.slice(0, 80)}
      <br />
      <span className="faint small">
        {[
          ...scores,
          formatDurationMs(result.durationMs),
          ...(result.costUsd === null ? [] : [formatCostUsd(result.costUsd)]),
        ].join(' · ')}
      </span>
    </span>
  );
}

/** The answers whole: the baseline’s, and how the others differ from it. */
function Answers({
  comparison,
  item,
}: {
  readonly comparison: ComparisonResponse;
  readonly item: Item;
}): ReactElement {
  const [baseline] = item.results;
  const before = prettyText(baseline?.output ?? null);
  return (
    <div className="form-fields" style={{ padding: '8px 0' }}>
      <div>
        <strong>Input</strong>
        <pre className="cell-text">{prettyText(item.input)}</pre>
      </div>
      {item.expected !== null && (
        <div>
          <strong>Expected</strong>
          <pre className="cell-text">{prettyText(item.expected)}</pre>
        </div>
      )}
      {item.results.map((result, at) => (
        <div key={comparison.experiments[at]?.id}>
          <strong>{comparison.experiments[at]?.name}</strong>{' '}
          {result !== null && result.traceId !== null && (
            <PageLink to={`/runs/${result.traceId}`}>open the run</PageLink>
          )}{' '}
          {result !== null && result.repeats > 1 && (
            <span className="faint">{counted(result.repeats, 'repeat')}, the first is shown</span>
          )}
          {result === null ? (
            <p className="faint">No result.</p>
          ) : result.error !== null ? (
            <p className="error-text">{result.error}</p>
          ) : at > 0 &&
            baseline !== null &&
            baseline?.error === null &&
            before !== prettyText(result.output) ? (
            <DiffLines lines={foldSame(diffLines(before, prettyText(result.output)), 3)} />
          ) : (
            <pre className="cell-text">{prettyText(result.output)}</pre>
          )}
        </div>
      ))}
    </div>
  );
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const prettyText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
