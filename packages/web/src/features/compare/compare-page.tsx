import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { compareQuery } from '../../api/analysis-queries.ts';
import { histogramQuery } from '../../api/queries.ts';
import { filterProblemOf } from '../../api/client.ts';
import { askedSides, comparisonSentence, hasSides, sideWords } from '../../model/compare-words.ts';
import { counted } from '@sightline/base';
import { describeRangeInSentence } from '../../model/time-range.ts';
import { totalsOf } from '../../model/trace-answer.ts';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { Page } from '../../widgets/page.tsx';
import { ErrorNotice, LimitsNote, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { useKept } from '../../widgets/use-kept.ts';
import { useQuestion } from '../../widgets/use-question.ts';
import { ComparedAnswers } from './compared-answers.tsx';
import { ComparedNumbers } from './compared-numbers.tsx';
import { ComparedSteps } from './compared-steps.tsx';
import { ComparedStructure } from './compared-structure.tsx';
import { CompareSides } from './compare-sides.tsx';
import { Differences } from './differences.tsx';
import '../../widgets/plain-table.css';
import './compare-page.css';

/** Two selections of traces side by side: how they did, where their time went, and what tells them apart. */
export function ComparePage(): ReactElement {
  const question = useQuestion();
  const { range, asOf, search, asked } = question;
  const isAsked = hasSides(search);
  // A comparison looks at a thousand traces: until somebody says what A is, the chart tells how many there are.
  const query = useQuery({
    ...compareQuery({ ...asked, ...askedSides(search) }, asOf),
    enabled: isAsked,
  });
  const found = useKept(query.data, query.error);
  const histogram = useQuery(histogramQuery({ ...asked, signal: 'traces', buckets: 80 }, asOf));
  const chart = useKept(histogram.data, histogram.error);
  const shown = isAsked ? query : histogram;
  const isShown = (isAsked ? found : chart) !== undefined;
  const runs = { a: search['aTraces'], b: search['bTraces'] };
  const areRuns = [runs.a, runs.b].every((ids) => ids !== undefined && ids.length === 32);
  return (
    <Page
      title="Compare"
      answer={
        isAsked && found !== undefined ? (
          comparisonSentence(found)
        ) : !isAsked && chart !== undefined ? (
          `${counted(totalsOf(chart).count, 'trace')} ${describeRangeInSentence(range, asOf)}: what tells some from the rest?`
        ) : shown.error === null ? (
          <SkeletonText width={480} />
        ) : (
          'Compare'
        )
      }
      detail={
        found === undefined || !isAsked ? (
          'Choose what A is: the slow, the failed, a version, a model, a stretch of time.'
        ) : (
          <>
            A: {sideWords(found.a)} · B: {found.b.isRest ? 'the rest, ' : ''}
            {sideWords(found.b)}
            {!found.b.isRest &&
              found.b.inBoth > 0 &&
              ` · ${counted(found.b.inBoth, 'trace')} in both count for A`}
          </>
        )
      }
      actions={<TimeRangePicker range={range} onChange={question.setRange} onRefresh={question.refresh} />}
    >
      <CompareSides question={question} histogram={chart} problem={filterProblemOf(shown.error)} />
      <LimitsNote limits={(isAsked ? found : chart)?.limitsMet} />
      <KeptNote query={shown} isShown={isShown} onRetry={question.refresh} />
      <div
        className="compare-body"
        tabIndex={0}
        role="region"
        aria-label="Comparison"
        data-stale={query.isPlaceholderData}
      >
        {shown.error !== null && !isShown && <ErrorNotice error={shown.error} onRetry={question.refresh} />}
        {query.isLoading && <SkeletonRows count={12} />}
        {found !== undefined && isAsked && found.a.total + found.b.total > 0 && (
          <>
            {areRuns && <ComparedAnswers a={runs.a ?? ''} b={runs.b ?? ''} />}
            <ComparedNumbers found={found} search={search} />
            {!areRuns && <Differences found={found} search={search} />}
            <ComparedSteps found={found} />
            <ComparedStructure found={found} />
          </>
        )}
      </div>
    </Page>
  );
}
