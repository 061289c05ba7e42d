import type { UnpricedModel } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { priceSettingsQuery, savePrices, unpricedModelsQuery } from '../../api/price-queries.ts';
import {
  draftOfPrice,
  emptyDraft,
  type Override,
  type PriceDraft,
  unpricedSentence,
} from '../../model/price-words.ts';
import { FailureNote } from '../../widgets/failure-note.tsx';
import { Button } from '../../widgets/button.tsx';
import { Page } from '../../widgets/page.tsx';
import { SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { OverrideForm } from './override-form.tsx';
import { OverridesTable } from './overrides-table.tsx';
import { RepricePanel } from './reprice-panel.tsx';
import { UnpricedTable } from './unpriced-table.tsx';
import '../../widgets/form.css';
import './prices-page.css';

/** What is being edited: a price of the list by its place, or a new one. */
interface Editing {
  readonly place: number | 'new';
  readonly draft: PriceDraft;
}

/** Models that have no price, and the prices that the project sets itself. */
export function PricesPage(): ReactElement {
  const client = useQueryClient();
  const unpriced = useQuery(unpricedModelsQuery);
  const settings = useQuery(priceSettingsQuery);
  const [editing, setEditing] = useState<Editing>();
  const save = useMutation({
    mutationFn: (overrides: Override[]) => savePrices({ overrides }),
    onSuccess: async (saved) => {
      client.setQueryData(priceSettingsQuery.queryKey, saved);
      setEditing(undefined);
      await client.invalidateQueries({ queryKey: unpricedModelsQuery.queryKey });
    },
  });
  const overrides = settings.data?.overrides ?? [];
  const put = (override: Override): void => {
    const place = editing?.place ?? 'new';
    save.mutate(
      // The first that fits counts, so a new one stands before what was there.
      place === 'new'
        ? [override, ...overrides]
        : overrides.map((old, at) => (at === place ? override : old)),
    );
  };
  const setPriceOf = ({ model, provider }: UnpricedModel): void =>
    setEditing({ place: 'new', draft: { ...emptyDraft, model: model ?? '', provider: provider ?? '' } });
  const error = unpriced.error ?? settings.error;
  const models = unpriced.data?.models;
  return (
    <Page
      title="Prices"
      answer={
        models === undefined ? (
          error === null ? (
            <SkeletonText width={420} />
          ) : (
            'Prices'
          )
        ) : (
          unpricedSentence(models)
        )
      }
      detail="An unknown price is shown as unknown, never as 0."
      actions={
        <Button look="primary" icon="plus" onClick={() => setEditing({ place: 'new', draft: emptyDraft })}>
          Set a price
        </Button>
      }
    >
      <div className="page-scroll prices-page">
        <FailureNote
          query={unpriced}
          isShown={models !== undefined}
          onRetry={() => void unpriced.refetch()}
        />
        <FailureNote
          query={settings}
          isShown={settings.data !== undefined}
          onRetry={() => void settings.refetch()}
        />
        {unpriced.isPending && <SkeletonRows count={6} />}
        {models !== undefined && models.length > 0 && <UnpricedTable models={models} onPrice={setPriceOf} />}
        {editing !== undefined && (
          <OverrideForm
            // Another model, or the same at another host, is another form.
            key={`${editing.place} ${editing.draft.provider} ${editing.draft.model}`}
            draft={editing.draft}
            isNew={editing.place === 'new'}
            isSaving={save.isPending}
            error={save.error}
            onSave={put}
            onClose={() => setEditing(undefined)}
          />
        )}
        {settings.data !== undefined && (
          <OverridesTable
            overrides={overrides}
            onEdit={(place, override) => setEditing({ place, draft: draftOfPrice(override) })}
            onChange={(changed) => save.mutate([...changed])}
          />
        )}
        <RepricePanel />
      </div>
    </Page>
  );
}
