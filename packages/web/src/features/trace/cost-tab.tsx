import type { RunCostResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { runCostQuery } from '../../api/agent-queries.ts';
import { formatCostUsd, formatCount, counted } from '@sightline/base';
import { costWords } from '../../model/usage-words.ts';
import { FailureNote } from '../../widgets/failure-note.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { ShareBars } from '../../widgets/share-bars.tsx';
import { LimitsNote, Notice, SkeletonRows } from '../../widgets/states.tsx';
import { CostSteps } from './cost-steps.tsx';
import { TokenParts } from './token-parts.tsx';
import type { TraceView } from './use-trace-view.ts';
import './cost-tab.css';

/** What the run cost: by agent, model and tool, by the parts of its tokens, and call by call. */
export function CostTab({ trace }: { readonly trace: TraceView }): ReactElement {
  const query = useQuery(runCostQuery(trace.model.traceId));
  const failure = (
    <FailureNote query={query} isShown={query.data !== undefined} onRetry={() => void query.refetch()} />
  );
  if (query.data === undefined) return query.error === null ? <SkeletonRows count={12} /> : failure;
  const cost = query.data;
  if (cost.calls === 0) {
    return (
      <Notice icon="prices" title="No call of a model with usage in this run">
        <p>
          Costs are computed from the tokens that calls of models report; none of this run’s spans has any.
        </p>
      </Notice>
    );
  }
  return (
    <div className="run-view-scroll cost-tab" tabIndex={0} role="region" aria-label="Cost">
      {failure}
      <LimitsNote limits={cost.limitsMet} />
      <p className="cost-sentence">{costSentence(cost)}</p>
      <CostNotes cost={cost} />
      <div className="cost-columns">
        <ShareBars
          title="By agent"
          rows={cost.byAgent.map((row) => ({
            key: row.agent ?? '',
            label: row.agent ?? '(no agent)',
            value: costWords(row),
            detail: counted(row.calls, 'call'),
            share: row.share,
            family: 'agent' as const,
            ...(row.agent === null ? {} : { search: { agent: row.agent } }),
          }))}
        />
        <ShareBars
          title="By model"
          rows={cost.byModel.map((row) => ({
            key: `${row.provider ?? ''}/${row.model ?? ''}`,
            label: row.model ?? '(no model)',
            value: costWords(row),
            detail: counted(row.calls, 'call'),
            share: row.share,
            family: 'llm' as const,
            ...(row.model === null ? {} : { search: { model: row.model } }),
          }))}
        />
        {cost.byTool.some((row) => row.tool !== null) && (
          <ShareBars
            title="By tool"
            rows={cost.byTool.map((row) => ({
              key: row.tool ?? '',
              label: row.tool ?? '(no tool)',
              value: costWords(row),
              detail: counted(row.calls, 'call'),
              share: row.share,
              family: 'tool' as const,
            }))}
          />
        )}
        <TokenParts parts={cost.byTokenPart} />
      </div>
      <CostSteps trace={trace} cost={cost} />
    </div>
  );
}

function costSentence({ total, calls }: RunCostResponse): string {
  const words = costWords(total);
  const tokens = `${formatCount((total.inputTokens ?? 0) + (total.outputTokens ?? 0))} tokens in ${counted(calls, 'call')}`;
  if (words === 'unknown')
    return `The cost is unknown: no price is known for ${calls === 1 ? 'the call' : `any of the ${formatCount(calls)} calls`} (${tokens})`;
  return total.unpricedCalls > 0
    ? `At least ${formatCostUsd(total.costUsd ?? 0)}: the price of ${counted(total.unpricedCalls, 'call')} is unknown (${tokens})`
    : `${words} for ${tokens}`;
}

/** What stands beside the sum: what clients reported, and what was left out so that nothing counts twice. */
function CostNotes({ cost }: { readonly cost: RunCostResponse }): ReactElement {
  return (
    <ul className="cost-notes small">
      {cost.reportedCostUsd !== null && (
        <li className={cost.isDifferent ? 'warn-text' : 'soft'}>
          {cost.isDifferent && <Icon name="warning" size={14} />}
          The client reported {formatCostUsd(cost.reportedCostUsd)}
          {cost.isDifferent ? ', which differs by more than 1 % at some calls' : ', which agrees'}
        </li>
      )}
      {cost.uncounted.spans > 0 && (
        <li className="soft">
          {counted(cost.uncounted.spans, 'span')} with usage not counted again: {cost.uncounted.reason}
        </li>
      )}
    </ul>
  );
}
