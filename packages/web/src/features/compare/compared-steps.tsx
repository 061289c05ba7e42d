import type { ComparedStep, CompareResponse } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { familyOfStep } from '../../model/compare-words.ts';
import { formatDurationMs, formatNumber, formatShare } from '@sightline/base';
import { FamilyIcon } from '../../widgets/icon.tsx';
import { SaveTable } from '../../widgets/save-table.tsx';

const shown = 15;

/** Models, tools, agents and code by how much of the difference in time they make: the differences of all add up to that of the means. */
export function ComparedSteps({ found }: { readonly found: CompareResponse }): ReactElement | null {
  const steps = found.steps.slice(0, shown);
  if (steps.length === 0) return null;
  return (
    <section className="compare-section">
      <SaveTable name="compared steps" rows={found.steps} />
      <h2>Where the time differs</h2>
      <p className="soft">Time on the critical path of a trace, on average.</p>
      <div className="plain-table" tabIndex={0} role="region" aria-label="Where the time differs">
        <table>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col" className="end">
                A − B
              </th>
              <th scope="col">95 of 100 samples</th>
              {['Time A', 'Time B', 'Calls A', 'Calls B', 'Failed A', 'Failed B'].map((name) => (
                <th key={name} scope="col" className="end">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {steps.map((step) => (
              <tr key={`${step.kind} ${step.service} ${step.name}`}>
                <th scope="row" title={step.service}>
                  <FamilyIcon family={familyOfStep[step.kind]} /> {step.name === '' ? '(no name)' : step.name}
                  {step.service !== '' && <span className="faint"> {step.service}</span>}
                </th>
                <td className={`end ${toneOf(step)}`}>{signed(step.moreMs)}</td>
                <td className="faint small nowrap">
                  {step.moreMsLow === step.moreMsHigh
                    ? '–'
                    : `${signed(step.moreMsLow)} to ${signed(step.moreMsHigh)}`}
                </td>
                <td className="end">{formatDurationMs(step.a.pathMs)}</td>
                <td className="end soft">{formatDurationMs(step.b.pathMs)}</td>
                <td className="end">{formatNumber(step.a.calls)}</td>
                <td className="end soft">{formatNumber(step.b.calls)}</td>
                <td className="end">{failedWords(step.a)}</td>
                <td className="end soft">{failedWords(step.b)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

export function toneOf({ isSignificant, moreMs }: Pick<ComparedStep, 'isSignificant' | 'moreMs'>): string {
  if (!isSignificant) return 'faint';
  return moreMs > 0 ? 'error-text' : 'good-text';
}

/** Below, a difference is of the clocks. */
const leastMs = 0.0005;

export function signed(ms: number): string {
  if (Math.abs(ms) < leastMs) return '0';
  return `${ms < 0 ? '−' : '+'}${formatDurationMs(Math.abs(ms))}`;
}

function failedWords({ calls, errors }: ComparedStep['a']): string {
  return errors === 0 ? '–' : formatShare(errors / Math.max(calls, 1e-9));
}
