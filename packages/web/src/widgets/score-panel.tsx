import type { Score } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { giveScore, type ScoredPlace, scoresQuery, takeScoreAway } from '../api/score-queries.ts';
import { formatCostUsd, formatNumber } from '@sightline/base';
import { readScoreValue } from '../model/score-value.ts';
import { readAnnotator, writeAnnotator } from './annotator.ts';
import { Button, IconButton } from './button.tsx';
import { TimeAgo } from './facts.tsx';
import { ShowAllButton } from './show-all-button.tsx';
import { ErrorNotice, SkeletonRows } from './states.tsx';
import { useNow } from './use-now.ts';
import './form.css';
import './score-panel.css';

interface ScorePanelProps {
  readonly place: ScoredPlace;
  /** The span of the trace to look at; without it the whole trace. */
  readonly spanId?: string | undefined;
  /** Names that are usually given here, the first of them filled in. */
  readonly names?: readonly string[];
  readonly onGiven?: (() => void) | undefined;
}

/** What was judged about a session, a trace or one of its spans, and a form to judge it oneself. */
export function ScorePanel({ place, spanId, names = [], onGiven }: ScorePanelProps): ReactElement {
  const query = useQuery(scoresQuery(place));
  const nowMs = useNow();
  const all = query.data?.scores ?? [];
  const shown =
    spanId === undefined ? all : all.filter((score) => score.spanId === spanId || score.spanId === null);
  return (
    <div className="score-panel" data-testid="score-panel">
      <ScoreForm place={place} spanId={spanId} names={names} onGiven={onGiven} />
      {query.error !== null && <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <SkeletonRows count={3} />}
      {query.data !== undefined && shown.length === 0 && (
        <p className="soft">
          {all.length === 0
            ? `Nobody has judged this ${'session' in place ? 'session' : 'run'} yet.`
            : `This span has no score; others of the run have ${all.length}.`}
        </p>
      )}
      {shown.length > 0 && (
        <ul className="score-list" aria-label="Scores">
          {shown.map((score) => (
            <ScoreItem key={score.id} score={score} nowMs={nowMs} />
          ))}
        </ul>
      )}
    </div>
  );
}

const sourceWords: Readonly<Record<Score['source'], string>> = {
  telemetry: 'from telemetry',
  api: 'over the API',
  ui: 'by hand',
  code: 'by an evaluator in code',
  judge: 'by a model',
};

function ScoreItem({ score, nowMs }: { readonly score: Score; readonly nowMs: number }): ReactElement {
  const client = useQueryClient();
  const takeAway = useMutation({
    mutationFn: () => takeScoreAway(score.id),
    onSettled: async () => client.invalidateQueries({ queryKey: ['scores'] }),
  });
  const { judge } = score;
  return (
    <li className="score-item">
      <strong>{score.name}</strong>
      <span className="score-value" title={score.value === null ? undefined : String(score.value)}>
        {[score.value === null ? undefined : formatNumber(score.value), score.label]
          .filter(Boolean)
          .join(' ')}
      </span>
      <IconButton
        icon="close"
        label={`Take the score ${score.name} away`}
        disabled={takeAway.isPending}
        onClick={() => takeAway.mutate()}
      />
      {score.comment !== null && <ScoreComment text={score.comment} />}
      <span className="score-by small faint">
        {score.who !== null && `${score.who}, `}
        {sourceWords[score.source]}
        {score.target === 'trace' && ', of the whole run'}
        {score.target === 'session' && ', of the whole session'}
        {judge !== null &&
          ` (${judge.model}, ${judge.costUsd === null ? 'cost unknown' : formatCostUsd(judge.costUsd)})`}
        {' · '}
        <TimeAgo time={score.time} nowMs={nowMs} />
      </span>
    </li>
  );
}

/** Characters that are shown of a comment until its reader wants more. */
const commentShown = 500;

function ScoreComment({ text }: { readonly text: string }): ReactElement {
  const [isWhole, setIsWhole] = useState(false);
  const isLong = text.length > commentShown * 1.2;
  return (
    <div className="score-comment small">
      <p>{isLong && !isWhole ? `${text.slice(0, commentShown).toWellFormed()}…` : text}</p>
      {isLong && <ShowAllButton characters={text.length} isWhole={isWhole} onChange={setIsWhole} />}
    </div>
  );
}

function ScoreForm({ place, spanId, names = [], onGiven }: ScorePanelProps): ReactElement {
  const client = useQueryClient();
  const [name, setName] = useState(names[0] ?? 'quality');
  const [value, setValue] = useState('');
  const [label, setLabel] = useState('');
  const [comment, setComment] = useState('');
  const [who, setWho] = useState(readAnnotator);
  const [ofRun, setOfRun] = useState(spanId === undefined);
  const number = readScoreValue(value);
  const give = useMutation({
    mutationFn: giveScore,
    onSuccess: async () => {
      writeAnnotator(who);
      setValue('');
      setLabel('');
      setComment('');
      await client.invalidateQueries({ queryKey: ['scores'] });
      onGiven?.();
    },
  });
  const isEmpty = number === null && label.trim() === '' && comment.trim() === '';
  const send = (given: { value?: number; label?: string }): void => {
    const said = given.label ?? (label.trim() === '' ? undefined : label.trim());
    const counted = given.value ?? number ?? undefined;
    give.mutate({
      ...('session' in place ? { sessionId: place.session } : { traceId: place.traceId }),
      name: name.trim(),
      ...(ofRun || spanId === undefined ? {} : { spanId }),
      ...(counted === undefined ? {} : { value: counted }),
      ...(said === undefined ? {} : { label: said }),
      ...(comment.trim() === '' ? {} : { comment: comment.trim() }),
      ...(who.trim() === '' ? {} : { who: who.trim() }),
    });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!isEmpty && number !== undefined) send({});
  };
  return (
    <form className="score-form" onSubmit={submit} aria-label="Give a score">
      <div className="form-row">
        <label className="field">
          <span>Score</span>
          <input
            value={name}
            list="score-names"
            required
            maxLength={200}
            onChange={(event) => setName(event.target.value)}
          />
          <datalist id="score-names">
            {names.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </label>
        <label className="field">
          <span>Value</span>
          <input
            value={value}
            inputMode="decimal"
            placeholder="0 to 1"
            aria-invalid={number === undefined}
            onChange={(event) => setValue(event.target.value)}
          />
        </label>
        <label className="field">
          <span>Label</span>
          <input
            value={label}
            maxLength={200}
            placeholder="pass, fail…"
            onChange={(event) => setLabel(event.target.value)}
          />
        </label>
        <label className="field">
          <span>Who</span>
          <input
            value={who}
            maxLength={200}
            placeholder="your name"
            onChange={(event) => setWho(event.target.value)}
          />
        </label>
      </div>
      <label className="field">
        <span>Comment</span>
        <textarea
          value={comment}
          maxLength={10_000}
          rows={2}
          onChange={(event) => setComment(event.target.value)}
        />
      </label>
      {spanId !== undefined && (
        <label className="field-check small">
          <input type="checkbox" checked={ofRun} onChange={(event) => setOfRun(event.target.checked)} />
          Of the whole run, not only of this span
        </label>
      )}
      <div className="score-thumbs">
        <Button
          look="primary"
          type="submit"
          disabled={isEmpty || number === undefined || name.trim() === '' || give.isPending}
        >
          Submit score
        </Button>
        <Button icon="check" disabled={give.isPending} onClick={() => send({ value: 1, label: 'pass' })}>
          Pass
        </Button>
        <Button icon="close" disabled={give.isPending} onClick={() => send({ value: 0, label: 'fail' })}>
          Fail
        </Button>
      </div>
      <p className="form-problem" role="alert">
        {number === undefined ? 'The value is a number, such as 0.5.' : (give.error?.message ?? '')}
      </p>
    </form>
  );
}
