import { useQuery } from '@tanstack/react-query';
import { useMemo, useState, type FormEvent, type ReactElement } from 'react';
import { timelineQuery } from '../../api/queries.ts';
import { buildTimeline, timelineSentence } from '../../model/timeline-model.ts';
import { formatDateTime, timeZoneName } from '../../model/timestamp.ts';
import { counted } from '@sightline/base';
import { FailureNote } from '../../widgets/failure-note.tsx';
import { Button } from '../../widgets/button.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { LimitsNote, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { SaveTable } from '../../widgets/save-table.tsx';
import { TimelineEntries } from './timeline-entries.tsx';
import { TimelineLanes } from './timeline-lanes.tsx';
import './timeline-page.css';

const farBack = { from: '-30d', to: 'now' };

/** Everything that carries one id, over all services, in order. */
export function TimelinePage(): ReactElement {
  const { search, patch } = useUrlState();
  const id = search['id'] ?? '';
  const query = useQuery({ ...timelineQuery(id, farBack), enabled: id !== '' });
  const model = useMemo(
    () => (query.data === undefined ? undefined : buildTimeline(query.data)),
    [query.data],
  );
  const selected = search['at'] === undefined ? -1 : Number(search['at']);
  const select = (entry: number): void => patch({ at: entry < 0 ? undefined : String(entry) }, 'replace');
  const count = query.data?.entries.length ?? 0;
  useKeys('Timeline', [
    { keys: 'j', label: 'Next moment', run: () => select(Math.min(count - 1, selected + 1)) },
    { keys: 'k', label: 'Previous moment', run: () => select(Math.max(0, selected - 1)) },
    {
      keys: '/',
      label: 'Another id',
      run: () => document.querySelector<HTMLInputElement>('#timeline-id')?.focus(),
    },
  ]);
  const answer =
    id === '' ? (
      'Follow one request through every service'
    ) : query.data !== undefined && model !== undefined ? (
      timelineSentence(query.data, model)
    ) : query.error === null ? (
      <SkeletonText width={420} />
    ) : (
      'Timeline'
    );
  return (
    <Page
      title="Timeline"
      answer={answer}
      detail={
        model === undefined || count === 0
          ? undefined
          : `${counted(count, 'moment')} from ${formatDateTime(model.startMs)} ${timeZoneName(model.startMs)}`
      }
      actions={query.data?.traceIds.slice(0, 3).map((traceId) => (
        <PageLink key={traceId} to={`/traces/${traceId}`} className="button">
          Trace <span className="mono">{traceId.slice(0, 8)}</span>
        </PageLink>
      ))}
    >
      <IdForm key={id} id={id} onOpen={(next) => patch({ id: next, at: undefined })} />
      <LimitsNote limits={query.data?.limitsMet} />
      {id === '' && (
        <Notice icon="timeline" title="Give a correlation id or a trace id">
          <p>
            It stands in the <code>X-Correlation-ID</code> header of a response, on every log line, and in the
            details of a span.
          </p>
        </Notice>
      )}
      <FailureNote query={query} isShown={query.data !== undefined} onRetry={() => void query.refetch()} />
      {query.isLoading && <SkeletonRows count={16} />}
      {query.data !== undefined && count === 0 && (
        <Notice icon="search" title={id}>
          <p>
            No span, log line or metric of the last 30 days carries this id. Ids are compared letter by
            letter.
          </p>
        </Notice>
      )}
      {query.data !== undefined && model !== undefined && count > 0 && (
        <>
          <SaveTable name="timeline" rows={query.data.entries} />
          <TimelineLanes model={model} entries={query.data.entries} selected={selected} onSelect={select} />
          <TimelineEntries model={model} entries={query.data.entries} selected={selected} onSelect={select} />
        </>
      )}
    </Page>
  );
}

function IdForm({
  id,
  onOpen,
}: {
  readonly id: string;
  readonly onOpen: (id: string) => void;
}): ReactElement {
  const [draft, setDraft] = useState(id);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (draft.trim() !== '') onOpen(draft.trim());
  };
  return (
    <form className="timeline-form" onSubmit={submit}>
      <label htmlFor="timeline-id">Id</label>
      <input
        id="timeline-id"
        value={draft}
        spellCheck={false}
        placeholder="Correlation id or trace id"
        onChange={(event) => setDraft(event.target.value)}
      />
      <Button type="submit" look={id === '' ? 'primary' : 'plain'} disabled={draft.trim() === ''}>
        Show
      </Button>
    </form>
  );
}
