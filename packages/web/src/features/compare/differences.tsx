import type { ComparedDifference, CompareResponse } from '@sightline/schema/api';
import { useState, type ReactElement } from 'react';
import { type CompareSearch, withCondition } from '../../model/compare-words.ts';
import { formatCount, formatShare, counted } from '@sightline/base';
import { Button } from '../../widgets/button.tsx';
import { PageLink } from '../../widgets/page-link.tsx';

const shownFirst = 8;

/** Attributes by how far their values differ between A and B beyond chance. Each bar opens the traces that have the value. */
export function Differences({
  found,
  search,
}: {
  readonly found: CompareResponse;
  readonly search: CompareSearch;
}): ReactElement | null {
  const [isWhole, setWhole] = useState(false);
  if (found.a.total === 0 || found.b.total === 0) return null;
  const telling = found.differences.filter(({ isSignificant }) => isSignificant);
  const others = found.differences.filter(({ isSignificant }) => !isSignificant);
  const shown = isWhole ? [...telling, ...others] : telling.slice(0, shownFirst);
  const hidden = found.differences.length - shown.length;
  return (
    <section className="compare-section">
      <h2>What differs</h2>
      <p className="soft">
        {telling.length === 0
          ? 'No attribute differs by more than chance makes of it.'
          : `${counted(telling.length, 'attribute')} ${telling.length === 1 ? 'differs' : 'differ'} by more than chance; the most telling first.`}
      </p>
      <div className="differences">
        {shown.map((difference) => (
          <OneDifference key={difference.field} difference={difference} search={search} />
        ))}
      </div>
      {(hidden > 0 || isWhole) && (
        <Button onClick={() => setWhole(!isWhole)} pressed={isWhole}>
          {isWhole ? 'Only the most telling' : `All ${formatCount(found.differences.length)} fields`}
        </Button>
      )}
    </section>
  );
}

const valuesShown = 5;

function OneDifference({
  difference,
  search,
}: {
  readonly difference: ComparedDifference;
  readonly search: CompareSearch;
}): ReactElement {
  return (
    <article className="difference">
      <header>
        <h3 className="mono clip" title={difference.field}>
          {difference.field}
        </h3>
        <span className="faint small">{whyWords(difference)}</span>
      </header>
      {difference.alike.length > 0 && (
        <p className="faint small clip" title={difference.alike.join(', ')}>
          just so: {difference.alike.join(', ')}
        </p>
      )}
      <ul>
        {difference.values.slice(0, valuesShown).map(({ value, a, b, q }) => (
          <li key={value ?? '\0'}>
            {q === null ? (
              <span className="clip">{valueWords(value)}</span>
            ) : (
              <PageLink
                to="/traces"
                className="clip"
                search={{ from: search['from'], to: search['to'], q: withCondition(search['q'], q) }}
                title={`Traces with ${q}`}
              >
                {valueWords(value)}
              </PageLink>
            )}
            <Bar side="a" share={a} />
            <Bar side="b" share={b} />
          </li>
        ))}
      </ul>
    </article>
  );
}

function Bar({ side, share }: { readonly side: 'a' | 'b'; readonly share: number }): ReactElement {
  return (
    <span className="difference-bar">
      <span className="difference-lane" aria-hidden="true">
        <span className={`is-${side}`} style={{ width: `${share * 100}%` }} />
      </span>
      <span className="num small">
        {side.toUpperCase()} {formatShare(share)}
      </span>
    </span>
  );
}

function valueWords(value: string | null): string {
  if (value === null) return '(without it)';
  return value === '' ? '(a text)' : value;
}

function whyWords({ reason, score, isSignificant, valueCount }: ComparedDifference): string {
  if (reason === 'selected') return 'chosen by it';
  if (reason === 'id') return `${formatCount(valueCount)} values: an id`;
  return isSignificant ? `differs by ${formatShare(score)}` : 'no more than by chance';
}
