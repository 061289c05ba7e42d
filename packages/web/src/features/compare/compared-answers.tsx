import type { ConversationTurn } from '@sightline/schema/api';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement } from 'react';
import { conversationQuery } from '../../api/agent-queries.ts';
import { ApiError } from '../../api/client.ts';
import { diffLines, foldSame } from '@sightline/base';
import { DiffLines } from '../../widgets/diff-lines.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, SkeletonRows } from '../../widgets/states.tsx';

/** The last answers of two runs, side by side, and line by line what became of B's in A. */
export function ComparedAnswers({ a, b }: { readonly a: string; readonly b: string }): ReactElement | null {
  const ofA = useInfiniteQuery(conversationQuery({ traceId: a }));
  const ofB = useInfiniteQuery(conversationQuery({ traceId: b }));
  const answers = useMemo(
    () => ({
      a: lastAnswer(ofA.data?.pages.flatMap(({ turns }) => turns)),
      b: lastAnswer(ofB.data?.pages.flatMap(({ turns }) => turns)),
    }),
    [ofA.data, ofB.data],
  );
  const failed = [ofA.error, ofB.error].find((error) => error !== null && !isNoRun(error));
  if (failed !== undefined && failed !== null) return <ErrorNotice error={failed} />;
  if (ofA.isPending || ofB.isPending) return <SkeletonRows count={4} />;
  if (answers.a === '' && answers.b === '') return null;
  return (
    <section className="compare-section">
      <h2>What they answered</h2>
      {answers.a === answers.b ? (
        <p className="soft">Both gave the same answer.</p>
      ) : (
        <div className="compare-changes">
          <DiffLines lines={foldSame(diffLines(answers.b, answers.a), 2)} />
        </div>
      )}
      <div className="compare-answers">
        {(['a', 'b'] as const).map((side) => (
          <article key={side}>
            <h3>
              <b className={`compare-letter is-${side}`}>{side.toUpperCase()}</b>{' '}
              <PageLink to={`/runs/${side === 'a' ? a : b}`} search={{ view: 'conversation' }}>
                The conversation
              </PageLink>
            </h3>
            <pre className="compare-answer">
              {answers[side] === '' ? '(no answer was recorded)' : answers[side]}
            </pre>
          </article>
        ))}
      </div>
    </section>
  );
}

/** A trace without agents, models or tools has no conversation. */
function isNoRun(error: Error): boolean {
  return error instanceof ApiError && (error.code === 'run_not_found' || error.code === 'trace_not_found');
}

/** The last text that a model gave; what it asked tools for is no answer. */
function lastAnswer(turns: readonly ConversationTurn[] | undefined): string {
  const texts = (turns ?? []).flatMap(({ output }) =>
    output.map(({ parts }) => parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')),
  );
  return texts.findLast((text) => text.trim() !== '') ?? '';
}
