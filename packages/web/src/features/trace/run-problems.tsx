import type { RunProblem } from '@sightline/schema/api';
import { useState, type ReactElement } from 'react';
import { counted } from '@sightline/base';
import { Icon } from '../../widgets/icon.tsx';
import { useRun } from './run-tabs.tsx';
import type { TraceView } from './use-trace-view.ts';

/** Nothing is wrong with what came late: told quietly. */
const isLate = ({ type }: RunProblem): boolean => type === 'late_span';

/** What is odd about the telemetry of the run, so that nobody wonders at the numbers. Nothing where nothing is. */
export function RunProblems({ trace }: { readonly trace: TraceView }): ReactElement | null {
  const { run } = useRun(trace.model.traceId);
  const [isOpen, setOpen] = useState(false);
  const problems = run?.problems ?? [];
  const [first, ...rest] = problems;
  if (first === undefined) return null;
  const shown = isOpen ? problems : [first];
  const isPlain = problems.every(isLate);
  return (
    <div className={isPlain ? 'run-problems is-plain' : 'run-problems'} role="note">
      <Icon name={isPlain ? 'clock' : 'warning'} size={14} />
      <ul>
        {shown.map((problem) => {
          const span = trace.model.indexOf.get(problem.spanId ?? '');
          return (
            <li key={problem.type}>
              {problem.message}{' '}
              {span !== undefined && (
                <button type="button" className="text-button" onClick={() => trace.select(span)}>
                  {problem.count === 1 ? 'Show it' : 'Show the first'}
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {rest.length > 0 && (
        <button type="button" className="text-button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Less' : `and ${counted(rest.length, 'other thing')}`}
        </button>
      )}
    </div>
  );
}
