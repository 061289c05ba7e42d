import type { CompareResponse } from '@sightline/schema/api';
import { useMemo, useState, type ReactElement } from 'react';
import { changeWords, familyOfStep, structureRows } from '../../model/compare-words.ts';
import { formatDurationMs, formatNumber, formatShare } from '@sightline/base';
import { Button } from '../../widgets/button.tsx';
import { FamilyIcon } from '../../widgets/icon.tsx';
import { SaveTable } from '../../widgets/save-table.tsx';
import { signed, toneOf } from './compared-steps.tsx';

const shownFirst = 60;

/** Who calls what on either side: steps that came and went, and those that take longer. */
export function ComparedStructure({ found }: { readonly found: CompareResponse }): ReactElement | null {
  const [onlyChanges, setOnlyChanges] = useState(true);
  const [isWhole, setWhole] = useState(false);
  const rows = useMemo(() => structureRows(found.structure, onlyChanges), [found.structure, onlyChanges]);
  if (found.structure.length === 0) return null;
  const shown = isWhole ? rows : rows.slice(0, shownFirst);
  return (
    <section className="compare-section">
      <header className="compare-head">
        <h2>Who calls what</h2>
        <SaveTable name="compared calls" rows={found.structure} />
        <Button pressed={onlyChanges} onClick={() => setOnlyChanges(!onlyChanges)}>
          Only what differs
        </Button>
      </header>
      {rows.length === 0 && <p className="soft">Both sides do the same things, in about the same time.</p>}
      {rows.length > 0 && (
        <div className="plain-table" tabIndex={0} role="region" aria-label="Who calls what">
          <table>
            <thead>
              <tr>
                <th scope="col">Span</th>
                <th scope="col">Change</th>
                <th scope="col" className="end">
                  A − B
                </th>
                {['In traces A', 'B', 'Calls A', 'B', 'Time A', 'B'].map((name, place) => (
                  // Names of columns repeat.
                  // oxlint-disable-next-line react/no-array-index-key
                  <th key={place} scope="col" className="end">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map(({ node, depth }) => (
                <tr key={node.id} className={`change-${node.change}`}>
                  <th
                    scope="row"
                    style={{ paddingLeft: `${depth * 14}px` }}
                    title={`${node.service}: ${node.name}`}
                  >
                    <FamilyIcon family={familyOfStep[node.kind]} />{' '}
                    {node.name === '' ? '(no name)' : node.name}
                    <span className="faint"> {node.service}</span>
                  </th>
                  <td className="nowrap">{changeWords[node.change]}</td>
                  <td className={`end ${toneOf(node)}`}>{signed(node.moreMs)}</td>
                  <td className="end">{formatShare(node.a.traces)}</td>
                  <td className="end soft">{formatShare(node.b.traces)}</td>
                  <td className="end">{formatNumber(node.a.calls)}</td>
                  <td className="end soft">{formatNumber(node.b.calls)}</td>
                  <td className="end">{formatDurationMs(node.a.pathMs)}</td>
                  <td className="end soft">{formatDurationMs(node.b.pathMs)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rows.length > shown.length && (
        <Button onClick={() => setWhole(true)}>All {formatNumber(rows.length)} rows</Button>
      )}
    </section>
  );
}
