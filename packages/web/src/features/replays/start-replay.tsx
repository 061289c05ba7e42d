import type { ReplayTarget } from '@sightline/schema/api';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactElement, useState } from 'react';
import { replaysQuery, startReplay } from '../../api/replay-queries.ts';
import { Button } from '../../widgets/button.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { stateTone, stateWord } from './state-words.ts';

/** Runs a recorded run again: on which target, and with what input. */
export function StartReplay(props: {
  readonly traceId: string;
  readonly targets: readonly ReplayTarget[];
  readonly onStarted: (id: string) => void;
}): ReactElement {
  const client = useQueryClient();
  const known = useQuery(replaysQuery(props.traceId));
  const [target, setTarget] = useState('');
  const [input, setInput] = useState('');
  const [failure, setFailure] = useState<string>();
  const start = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setFailure(undefined);
    try {
      const made = await startReplay({
        traceId: props.traceId,
        ...(target === '' ? {} : { target }),
        ...(input.trim() === '' ? {} : { input: readInput(input) }),
      });
      await client.invalidateQueries({ queryKey: ['replays'] });
      props.onStarted(made.id);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form className="form-fields" onSubmit={(event) => void start(event)}>
      <p className="soft">
        The recorded input of <PageLink to={`/runs/${props.traceId}`}>this run</PageLink> is sent to a target,
        and both are compared.
      </p>
      <label className="field">
        <span>Target</span>
        <select value={target} onChange={(event) => setTarget(event.target.value)}>
          <option value="">The one that the run names</option>
          {props.targets.map(({ name, state }) => (
            <option key={name} value={name}>
              {state === 'away' ? `${name} (away)` : name}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>Input instead of the recorded one</span>
        <textarea
          value={input}
          rows={4}
          placeholder="JSON or text"
          onChange={(event) => setInput(event.target.value)}
        />
      </label>
      {failure !== undefined && (
        <p className="error-text" role="alert">
          {failure}
        </p>
      )}
      <Button look="primary" type="submit">
        Replay
      </Button>
      {(known.data?.replays ?? []).length > 0 && (
        <>
          <h3>Replays of this run</h3>
          <ul className="replay-targets">
            {known.data?.replays.map((replay) => (
              <li key={replay.id}>
                <PageLink to="/replays" search={{ replay: replay.id }}>
                  {replay.target}
                </PageLink>{' '}
                <span className={stateTone(replay.state)}>{stateWord(replay.state)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </form>
  );
}

function readInput(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
