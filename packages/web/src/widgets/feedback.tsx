import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { giveScore, scoresQuery, takeScoreAway } from '../api/score-queries.ts';
import { type Feedback, feedbackId, feedbackOf, type FeedbackPlace, scoreOf } from '../model/my-feedback.ts';
import { browserId, readAnnotator } from './annotator.ts';
import { Button, IconButton } from './button.tsx';
import './feedback.css';

interface FeedbackProps extends FeedbackPlace {
  /** What is judged, as the labels of the buttons say it: `answer`, `run`. */
  readonly of: string;
}

/** Thumbs up, thumbs down and a comment: one click each, shown before the server has answered. */
export function FeedbackButtons({ traceId, spanId, of }: FeedbackProps): ReactElement {
  const client = useQueryClient();
  const [isWriting, setWriting] = useState(false);
  const { queryKey, ...query } = scoresQuery({ traceId });
  const scores = useQuery({ queryKey, ...query });
  const id = feedbackId({ traceId, spanId }, browserId());
  const save = useMutation({
    mutationFn: async (feedback: Feedback) => {
      const who = readAnnotator();
      const score = scoreOf({ traceId, spanId }, id, feedback);
      if (score === undefined) await takeScoreAway(id);
      else await giveScore({ ...score, ...(who === '' ? {} : { who }) });
    },
    onSettled: async () => client.invalidateQueries({ queryKey: ['scores'] }),
  });
  const stored = feedbackOf(scores.data?.scores ?? [], id);
  const mine = save.isPending ? save.variables : stored;
  const toggle = (thumb: 'up' | 'down'): void =>
    save.mutate({ ...mine, thumb: mine.thumb === thumb ? undefined : thumb });
  return (
    <span className="feedback">
      <span className="feedback-buttons" role="group" aria-label={`Judge the ${of}`}>
        <IconButton
          icon="thumbUp"
          label={`Good ${of}`}
          pressed={mine.thumb === 'up'}
          className="feedback-up"
          onClick={() => toggle('up')}
        />
        <IconButton
          icon="thumbDown"
          label={`Bad ${of}`}
          pressed={mine.thumb === 'down'}
          className="feedback-down"
          onClick={() => toggle('down')}
        />
        <IconButton
          icon="comment"
          label={mine.comment === '' ? `Comment on the ${of}` : `Your comment: ${mine.comment}`}
          aria-expanded={isWriting}
          pressed={mine.comment !== ''}
          onClick={() => setWriting(!isWriting)}
        />
      </span>
      {isWriting && (
        <CommentForm
          of={of}
          comment={mine.comment}
          onSave={(comment) => {
            save.mutate({ ...mine, comment });
            setWriting(false);
          }}
        />
      )}
      {save.error !== null && (
        <span className="error-text small" role="alert">
          Not saved: {save.error.message}
        </span>
      )}
    </span>
  );
}

function CommentForm(props: {
  readonly of: string;
  readonly comment: string;
  readonly onSave: (comment: string) => void;
}): ReactElement {
  const [text, setText] = useState(props.comment);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    props.onSave(text);
  };
  return (
    <form className="feedback-form" onSubmit={submit}>
      <textarea
        aria-label={`Comment on the ${props.of}`}
        rows={2}
        maxLength={10_000}
        value={text}
        // The box opens because somebody wants to write.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        onChange={(event) => setText(event.target.value)}
      />
      <Button look="primary" type="submit">
        Save comment
      </Button>
    </form>
  );
}
