import type { ReactElement } from 'react';
import { type Override, rateFields } from '../../model/price-words.ts';
import { IconButton } from '../../widgets/button.tsx';
import { Dash } from '../../widgets/facts.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { SaveTable } from '../../widgets/save-table.tsx';

interface OverridesTableProps {
  readonly overrides: readonly Override[];
  readonly onEdit: (place: number, override: Override) => void;
  readonly onChange: (overrides: readonly Override[]) => void;
}

/** The project's own prices, in the order in which they are tried. */
export function OverridesTable({ overrides, onEdit, onChange }: OverridesTableProps): ReactElement {
  const raise = (place: number): void =>
    onChange(overrides.toSpliced(place, 1).toSpliced(place - 1, 0, ...overrides.slice(place, place + 1)));
  return (
    <section>
      <SaveTable name="own prices" rows={overrides} />
      <h2>Your own prices</h2>
      <p className="soft">
        {overrides.length === 0
          ? 'None: calls are priced by the catalogue, at the prices of the day they were made.'
          : 'The first that fits a call counts, before the catalogue. US dollars per million tokens.'}
      </p>
      {overrides.length > 0 && (
        <PlainTable label="Your own prices">
          <table>
            <thead>
              <tr>
                <th scope="col">Model</th>
                <th scope="col">Provider</th>
                {rateFields.map(({ name, label }) => (
                  <th key={name} scope="col" className="end">
                    {label}
                  </th>
                ))}
                <th scope="col">
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {overrides.map((override, place) => (
                // Two may be alike: the place tells them apart.
                <tr key={`${place} ${override.model}`}>
                  <td>
                    <button
                      type="button"
                      className="price-model-link mono"
                      onClick={() => onEdit(place, override)}
                    >
                      {override.model}
                    </button>
                  </td>
                  <td>{override.provider ?? <span className="faint">any</span>}</td>
                  {rateFields.map(({ name }) => (
                    <td key={name} className="end">
                      {override[name] === undefined ? <Dash /> : `$${override[name]}`}
                    </td>
                  ))}
                  <td className="end price-actions">
                    {place > 0 && (
                      <IconButton
                        icon="chevronUp"
                        label={`Try ${override.model} earlier`}
                        onClick={() => raise(place)}
                      />
                    )}
                    <IconButton
                      icon="close"
                      label={`Delete the price of ${override.model}`}
                      onClick={() => onChange(overrides.toSpliced(place, 1))}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </PlainTable>
      )}
    </section>
  );
}
