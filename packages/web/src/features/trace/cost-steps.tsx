import type { CostStep, RunCostResponse } from '@sightline/schema/api';
import { useMemo, useState, type ReactElement } from 'react';
import { formatCostUsd, counted } from '@sightline/base';
import { operationFamily } from '../../model/operation.ts';
import { Segmented } from '../../widgets/button.tsx';
import { CostValue, TokensValue } from '../../widgets/facts.tsx';
import { FamilyIcon, Icon } from '../../widgets/icon.tsx';
import { SaveTable } from '../../widgets/save-table.tsx';
import type { TraceView } from './use-trace-view.ts';

const orders = [
  { value: 'cost', label: 'Most expensive first' },
  { value: 'time', label: 'In order' },
] as const;

const shownMax = 200;

/** Every counted call with its tokens, its computed cost and the reported one beside it. */
export function CostSteps({
  trace,
  cost,
}: {
  readonly trace: TraceView;
  readonly cost: RunCostResponse;
}): ReactElement {
  const [order, setOrder] = useState<'cost' | 'time'>('cost');
  const [isWhole, setWhole] = useState(false);
  const steps = useMemo(
    () =>
      order === 'cost'
        ? cost.steps.toSorted(
            (a, b) => (b.costUsd ?? Number.NEGATIVE_INFINITY) - (a.costUsd ?? Number.NEGATIVE_INFINITY),
          )
        : cost.steps,
    [cost, order],
  );
  const most = cost.steps.reduce((max, step) => Math.max(max, step.costUsd ?? 0), 0);
  const hasReported = cost.steps.some((step) => step.reportedCostUsd !== null);
  const selectedId = trace.model.slim.columns.spanId[trace.selected];
  const shown = isWhole ? steps : steps.slice(0, shownMax);
  return (
    <section className="cost-steps">
      <header>
        <h2>By step</h2>
        <SaveTable name="cost by step" rows={cost.steps} />
        <Segmented label="Order" value={order} options={orders} onChange={setOrder} />
      </header>
      <table>
        <thead>
          <tr>
            <th scope="col">Call</th>
            <th scope="col">Agent</th>
            <th scope="col" className="num">
              Tokens
            </th>
            {hasReported && (
              <th scope="col" className="num">
                Reported
              </th>
            )}
            <th scope="col" className="num">
              Cost
            </th>
            <th scope="col" className="cost-bar-cell">
              <span className="visually-hidden">Share</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((step) => (
            <Step
              key={step.spanId}
              step={step}
              hasReported={hasReported}
              share={most === 0 ? 0 : (step.costUsd ?? 0) / most}
              isSelected={step.spanId === selectedId}
              onSelect={() => {
                const span = trace.model.indexOf.get(step.spanId);
                if (span !== undefined) trace.select(span);
              }}
            />
          ))}
        </tbody>
      </table>
      {steps.length > shown.length && (
        <button type="button" className="text-button" onClick={() => setWhole(true)}>
          Show all {counted(steps.length, 'call')}
        </button>
      )}
    </section>
  );
}

interface StepProps {
  readonly step: CostStep;
  readonly hasReported: boolean;
  readonly share: number;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
}

function Step({ step, hasReported, share, isSelected, onSelect }: StepProps): ReactElement {
  const source =
    step.costFrom === 'computed'
      ? `Computed, prices of ${step.priceVersion ?? 'unknown date'}`
      : step.costFrom === 'reported'
        ? 'As the client reported it'
        : 'No price is known for this model';
  return (
    <tr className={isSelected ? 'is-selected' : ''}>
      <td>
        <span className="cost-step-name">
          <FamilyIcon family={operationFamily(step.operation)} />
          <button
            type="button"
            className="text-button clip"
            title={step.name}
            aria-pressed={isSelected}
            onClick={onSelect}
          >
            {step.name}
          </button>
          {step.model !== null && !step.name.includes(step.model) && (
            <span className="faint small clip" title={step.model}>
              {step.model}
            </span>
          )}
        </span>
      </td>
      <td className="soft">{step.agent ?? step.tool ?? ''}</td>
      <td className="num">
        <TokensValue of={step} />
      </td>
      {hasReported && (
        <td className="num">
          {step.reportedCostUsd === null ? (
            <span className="faint">–</span>
          ) : (
            <span
              className={step.isDifferent ? 'warn-text' : ''}
              title={step.isDifferent ? 'Differs from the computed cost by more than 1 %' : undefined}
            >
              {step.isDifferent && <Icon name="warning" size={12} />} {formatCostUsd(step.reportedCostUsd)}
            </span>
          )}
        </td>
      )}
      <td className="num" title={source}>
        <CostValue of={step} />
        {step.costFrom === 'reported' && <span className="faint"> reported</span>}
      </td>
      <td className="cost-bar-cell">
        <span className="cost-bar" style={{ width: `${share * 100}%` }} />
      </td>
    </tr>
  );
}
