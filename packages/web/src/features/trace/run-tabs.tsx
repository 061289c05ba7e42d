import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, type ReactElement } from 'react';
import { runQuery } from '../../api/agent-queries.ts';
import { ApiError } from '../../api/client.ts';
import { Icon, type IconName } from '../../widgets/icon.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { useUrlState } from '../../widgets/url-state.ts';
import '../../widgets/tabs.css';

export const runViews = ['waterfall', 'conversation', 'graph', 'pipeline', 'cost', 'logs'] as const;
export type RunView = (typeof runViews)[number];

const labels: Readonly<Record<RunView, { label: string; icon: IconName }>> = {
  waterfall: { label: 'Waterfall', icon: 'traces' },
  conversation: { label: 'Conversation', icon: 'sessions' },
  graph: { label: 'Agent graph', icon: 'graph' },
  pipeline: { label: 'Pipeline', icon: 'pipeline' },
  cost: { label: 'Cost', icon: 'prices' },
  logs: { label: 'Logs', icon: 'logs' },
};

export function useRunView(): RunView {
  const { search } = useUrlState();
  return runViews.find((view) => view === search['view']) ?? 'waterfall';
}

/** What there is to say of a trace as a run; undefined while it loads, null where no agent, model or tool took part. */
export function useRun(traceId: string) {
  const query = useQuery(runQuery(traceId));
  const isNoRun = query.error instanceof ApiError && query.error.status === 404;
  return { run: isNoRun ? null : query.data, error: isNoRun ? null : query.error, refetch: query.refetch };
}

/** The ways to look at a run. Those that have nothing to show stay, quieter, and say why when opened. */
export function RunTabs({ traceId }: { readonly traceId: string }): ReactElement {
  const view = useRunView();
  const { patch } = useUrlState();
  const { run } = useRun(traceId);
  const open = (next: RunView): void => patch({ view: next === 'waterfall' ? undefined : next });
  const step = (by: number): void => {
    const at = runViews.indexOf(view) + by;
    open(runViews[(at + runViews.length) % runViews.length] ?? 'waterfall');
  };
  useKeys('Run', [
    { keys: '.', label: 'Next view of the run', run: () => step(1) },
    { keys: ',', label: 'Previous view of the run', run: () => step(-1) },
  ]);
  // On a phone the row is wider than the screen.
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    row.current
      ?.querySelector('[aria-selected="true"]')
      ?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [view]);
  const hasNothing: Partial<Record<RunView, boolean>> =
    run === null
      ? { conversation: true, graph: true, pipeline: true, cost: true }
      : { conversation: run?.hasConversation === false, pipeline: run?.hasPipeline === false };
  return (
    <div ref={row} className="tab-list run-tabs" role="tablist" aria-label="Views of the run">
      {runViews.map((one) => (
        <button
          key={one}
          type="button"
          role="tab"
          id={`run-tab-${one}`}
          aria-selected={one === view}
          aria-controls="run-view"
          data-state={one === view ? 'active' : 'inactive'}
          className={hasNothing[one] === true ? 'has-nothing' : ''}
          onClick={() => open(one)}
        >
          <Icon name={labels[one].icon} size={14} />
          {labels[one].label}
        </button>
      ))}
    </div>
  );
}
