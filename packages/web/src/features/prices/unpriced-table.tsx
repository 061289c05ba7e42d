import type { UnpricedModel } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { formatCostUsd, formatCount } from '@sightline/base';
import { canBePriced, reasonWords } from '../../model/price-words.ts';
import { Button } from '../../widgets/button.tsx';
import { Dash, TimeAgo } from '../../widgets/facts.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { useNow } from '../../widgets/use-now.ts';
import { SaveTable } from '../../widgets/save-table.tsx';

interface UnpricedTableProps {
  readonly models: readonly UnpricedModel[];
  readonly onPrice: (model: UnpricedModel) => void;
}

export function UnpricedTable({ models, onPrice }: UnpricedTableProps): ReactElement {
  const nowMs = useNow(30_000);
  return (
    <section>
      <SaveTable name="models without a price" rows={models} />
      <h2>Without a price</h2>
      <PlainTable label="Models without a price">
        <table>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">Provider</th>
              <th scope="col">Why</th>
              <th scope="col" className="end">
                Calls
              </th>
              <th scope="col" className="end">
                Tokens
              </th>
              <th scope="col" className="end">
                Reported
              </th>
              <th scope="col">Last call</th>
              <th scope="col">
                <span className="visually-hidden">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {models.map((row) => (
              <tr key={`${row.provider} ${row.model} ${row.serviceTier} ${row.reason}`}>
                <td className="mono" title={row.model ?? undefined}>
                  {row.model ?? <Dash />}
                </td>
                <td title={row.provider ?? undefined}>{row.provider ?? <Dash />}</td>
                <td className="soft">
                  {reasonWords[row.reason]}
                  {row.reason === 'unknown_tier' && <span className="mono"> {row.serviceTier}</span>}
                </td>
                <td className="end">{formatCount(row.calls)}</td>
                <td className="end">{row.tokens === 0 ? <Dash /> : formatCount(row.tokens)}</td>
                <td className="end">
                  {row.reportedCostUsd === 0 ? <Dash /> : formatCostUsd(row.reportedCostUsd)}
                </td>
                <td>
                  <TimeAgo time={row.lastSeen} nowMs={nowMs} />
                </td>
                <td className="end">
                  {canBePriced(row) && <Button onClick={() => onPrice(row)}>Set a price</Button>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </PlainTable>
    </section>
  );
}
