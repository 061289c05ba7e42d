import type { Silence } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { addSilence, endSilence, silencePreviewQuery, silencesQuery } from '../../api/alert-queries.ts';
import { labelWords } from '../../model/alert-words.ts';
import { counted } from '@sightline/base';
import { formatDateTime, formatRelative, msFromTimestamp } from '../../model/timestamp.ts';
import { readAnnotator, writeAnnotator } from '../../widgets/annotator.ts';
import { Button } from '../../widgets/button.tsx';
import { ErrorNotice, SkeletonRows } from '../../widgets/states.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { useNow } from '../../widgets/use-now.ts';
import { SaveTable } from '../../widgets/save-table.tsx';

const lengths = [
  { value: '+30m', label: '30 minutes' },
  { value: '+2h', label: '2 hours' },
  { value: '+8h', label: '8 hours' },
  { value: '+1d', label: '1 day' },
  { value: '+7d', label: '1 week' },
] as const;

/** What is kept quiet, until when, and a form for one more. */
export function SilencesView(): ReactElement {
  const query = useQuery(silencesQuery);
  const { search } = useUrlState();
  const nowMs = useNow();
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: endSilence,
    onSuccess: async () => client.invalidateQueries({ queryKey: ['alerts'] }),
  });
  const silences = query.data?.silences ?? [];
  return (
    <div className="silences">
      <SilenceForm key={search['silence']} matchers={search['silence'] ?? ''} />
      <section>
        <SaveTable name="silences" rows={silences} />
        <h2>Silences</h2>
        {query.error !== null && query.data === undefined && (
          <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
        )}
        {query.isPending && <SkeletonRows count={3} />}
        {query.data !== undefined && silences.length === 0 && <p className="soft">Nothing is silenced.</p>}
        <ul>
          {silences.map((silence) => (
            <SilenceLine
              key={silence.id}
              silence={silence}
              nowMs={nowMs}
              onEnd={() => end.mutate(silence.id)}
            />
          ))}
        </ul>
        <p className="form-problem" role="alert">
          {end.error?.message ?? ''}
        </p>
      </section>
    </div>
  );
}

function SilenceLine(props: {
  readonly silence: Silence;
  readonly nowMs: number;
  readonly onEnd: () => void;
}): ReactElement {
  const { silence, nowMs } = props;
  const endsMs = msFromTimestamp(silence.endsAt);
  const when =
    silence.state === 'pending'
      ? `begins ${formatRelative(msFromTimestamp(silence.startsAt), nowMs)}`
      : silence.state === 'active'
        ? `ends ${formatRelative(endsMs, nowMs)}, quiets ${counted(silence.hits, 'alert')} now`
        : `ended ${formatRelative(endsMs, nowMs)}`;
  return (
    <li className={`silence-line is-${silence.state}`}>
      <code className="mono">{silence.matchers}</code>
      <span className="soft" title={formatDateTime(endsMs)}>
        {when}
      </span>
      <span className="soft">{[silence.who, silence.comment].filter((text) => text !== '').join(': ')}</span>
      {silence.state !== 'expired' && <Button onClick={props.onEnd}>End now</Button>}
    </li>
  );
}

function SilenceForm({ matchers: given }: { readonly matchers: string }): ReactElement {
  const client = useQueryClient();
  const { patch } = useUrlState();
  const [who, setWho] = useState(readAnnotator);
  const [matchers, setMatchers] = useState(given);
  const [endsAt, setEndsAt] = useState<string>('+2h');
  const [comment, setComment] = useState('');
  const preview = useQuery(silencePreviewQuery(matchers));
  const add = useMutation({
    mutationFn: () => addSilence({ matchers, startsAt: 'now', endsAt, who, comment }),
    onSuccess: async () => {
      patch({ silence: undefined }, 'replace');
      setMatchers('');
      setComment('');
      await client.invalidateQueries({ queryKey: ['alerts'] });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    writeAnnotator(who);
    add.mutate();
  };
  const isAsked = matchers.trim() !== '';
  return (
    <form className="form-fields silence-form" onSubmit={submit}>
      <h2>Keep quiet</h2>
      <label className="field">
        <span>Alerts with these labels</span>
        <input
          className="mono"
          value={matchers}
          placeholder={'alertname:"API is slow" service:api*'}
          aria-invalid={preview.error !== null}
          onChange={(event) => setMatchers(event.target.value)}
        />
      </label>
      <div className="form-row">
        <label className="field">
          <span>For</span>
          <select value={endsAt} onChange={(event) => setEndsAt(event.target.value)}>
            {lengths.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>Your name</span>
          <input value={who} maxLength={200} onChange={(event) => setWho(event.target.value)} />
        </label>
        <label className="field" style={{ flexBasis: 220 }}>
          <span>Why</span>
          <input value={comment} maxLength={2000} onChange={(event) => setComment(event.target.value)} />
        </label>
        <Button look="primary" type="submit" disabled={!isAsked || add.isPending || preview.error !== null}>
          Silence
        </Button>
      </div>
      {isAsked && preview.data !== undefined && preview.error === null && (
        <div className="silence-preview" role="status">
          <p>
            {preview.data.count === 0
              ? 'No alert of now has these labels.'
              : `Quiets ${counted(preview.data.count, 'alert')} of now`}
            {preview.data.rules.length > 0 &&
              `${preview.data.count === 0 ? ' ' : ', '}${preview.data.count === 0 ? 'To come: all' : 'and all to come'} of ${preview.data.rules.map(({ name }) => name).join(', ')}.`}
          </p>
          <ul>
            {preview.data.alerts.slice(0, 5).map((alert) => (
              <li key={alert.id} className="soft">
                {alert.rule} {labelWords(alert.labels)}
              </li>
            ))}
          </ul>
        </div>
      )}
      <p className="form-problem" role="alert">
        {preview.error?.message ?? add.error?.message ?? ''}
      </p>
    </form>
  );
}
