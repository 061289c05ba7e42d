import type { ErrorResponse } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { errorsQuery, mergeErrors, splitError, unmergeError } from '../../api/error-queries.ts';
import { titleOf } from '../../model/error-words.ts';
import { formatCount } from '@sightline/base';
import type { TimeRange } from '../../model/time-range.ts';
import { Button } from '../../widgets/button.tsx';
import { useGo } from '../../widgets/url-state.ts';

const candidatesMax = 30;

/** What is in a group, and what may belong to it: groups are split and merged here. */
export function ErrorParts(props: {
  readonly found: ErrorResponse;
  readonly range: TimeRange;
  readonly onChanged: () => void;
}): ReactElement {
  const { found, range, onChanged } = props;
  const { error, parts, merged } = found;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const client = useQueryClient();
  const go = useGo();
  const change = useMutation({
    mutationFn: async (work: () => Promise<{ readonly id: string }>) => work(),
    onSuccess: async () => {
      setChosen(new Set());
      await client.invalidateQueries({ queryKey: ['errors'] });
      onChanged();
    },
  });
  const split = (): void =>
    change.mutate(async () => {
      const made = await splitError(error.id, [...chosen]);
      go(`/errors/${made.id}`, { ...range });
      return made;
    });
  const toggle = (id: string): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <section className="error-parts" aria-label="What is in this group">
      {(parts.length > 1 || merged.length > 0) && (
        <>
          <header>
            <h2>In this group</h2>
            <Button
              disabled={chosen.size === 0 || chosen.size === parts.length || change.isPending}
              onClick={split}
            >
              Split off
            </Button>
          </header>
          <ul>
            {parts.map((part) => (
              <li key={part.id}>
                <label className="error-part">
                  <input type="checkbox" checked={chosen.has(part.id)} onChange={() => toggle(part.id)} />
                  <span className="num">{formatCount(part.count)}×</span>
                  <span className="clip mono" title={part.message}>
                    {part.message === '' ? part.culprit : part.message}
                  </span>
                </label>
              </li>
            ))}
          </ul>
        </>
      )}
      {merged.length > 0 && (
        <ul className="error-merged">
          {merged.map((id) => (
            <li key={id}>
              <span className="mono soft">{id}</span> <span className="faint">put here by hand</span>{' '}
              <Button
                look="quiet"
                disabled={change.isPending}
                onClick={() => change.mutate(() => unmergeError(error.id, id))}
              >
                Take out
              </Button>
            </li>
          ))}
        </ul>
      )}
      <MergeIn
        found={found}
        range={range}
        isBusy={change.isPending}
        onMerge={(id) => change.mutate(() => mergeErrors(error.id, [id]))}
      />
      {change.error !== null && <p className="error-text">{change.error.message}</p>}
    </section>
  );
}

/** Other groups, those of the same type first. */
function MergeIn(props: {
  readonly found: ErrorResponse;
  readonly range: TimeRange;
  readonly isBusy: boolean;
  readonly onMerge: (id: string) => void;
}): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const [asOf] = useState(() => Date.now());
  const { error } = props.found;
  const query = useQuery({
    ...errorsQuery({ ...props.range, status: 'all', sort: '-count', limit: 200 }, asOf),
    enabled: isOpen,
  });
  const others = (query.data?.errors ?? [])
    .filter(({ id }) => id !== error.id)
    .toSorted((a, b) => Number(b.type === error.type) - Number(a.type === error.type))
    .slice(0, candidatesMax);
  if (!isOpen)
    return (
      <button type="button" className="text-button" onClick={() => setOpen(true)}>
        Merge another error into this one
      </button>
    );
  return (
    <div className="error-merge">
      <h2>Merge into this one</h2>
      {query.data !== undefined && others.length === 0 && (
        <p className="soft">There is no other error in this range.</p>
      )}
      <ul>
        {others.map((other) => (
          <li key={other.id}>
            <Button look="quiet" disabled={props.isBusy} onClick={() => props.onMerge(other.id)}>
              Merge
            </Button>
            <span className="num">{formatCount(other.count)}×</span>
            <span className="clip" title={other.message}>
              {titleOf(other)} <span className="faint mono">{other.culprit}</span>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
