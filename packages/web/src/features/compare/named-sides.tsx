import { useQuery } from '@tanstack/react-query';
import { useId, type FormEvent, type ReactElement } from 'react';
import { promptsQuery } from '../../api/quality-queries.ts';
import { Button } from '../../widgets/button.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import type { UrlState } from '../../widgets/url-state.ts';

/** Two versions of prompts as the sides: those of the registry are proposed, and any that spans name can be typed. */
export function PromptSides({
  state: { search, patch },
  onClear,
}: {
  readonly state: UrlState;
  readonly onClear: () => void;
}): ReactElement {
  const id = useId();
  const { data } = useQuery(promptsQuery);
  const apply = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const textOf = (name: string): string => {
      const value = said.get(name);
      return typeof value === 'string' ? value.trim() : '';
    };
    patch({ aPrompt: textOf('aPrompt'), bPrompt: textOf('bPrompt') });
  };
  return (
    <form className="compare-sides" aria-label="Prompt versions" onSubmit={apply}>
      {(['A', 'B'] as const).map((side) => {
        const name = `${side.toLowerCase()}Prompt`;
        return (
          <div key={side} className="compare-side">
            <b className={`compare-letter is-${side.toLowerCase()}`}>{side}</b>
            <input
              key={search[name]}
              name={name}
              className="compare-prompt mono"
              list={id}
              aria-label={`Prompt and version of ${side}`}
              title="The name of a prompt, @, and a version: support@3"
              placeholder={side === 'A' ? 'support@3' : 'support@2'}
              pattern=".+@[^@]+"
              required={side === 'A'}
              defaultValue={search[name] ?? ''}
            />
            {side === 'B' && <span className="faint small">Empty: the rest</span>}
          </div>
        );
      })}
      <datalist id={id}>
        {data?.prompts.flatMap(({ name, latestVersion }) =>
          Array.from({ length: Math.min(latestVersion, proposedMax) }, (_, at) => (
            <option key={`${name}@${latestVersion - at}`} value={`${name}@${latestVersion - at}`} />
          )),
        )}
      </datalist>
      <div className="compare-choices">
        <Button look="primary" type="submit">
          Compare
        </Button>
        {search['bPrompt'] !== undefined && (
          <Button onClick={() => patch({ aPrompt: search['bPrompt'], bPrompt: search['aPrompt'] })}>
            Swap
          </Button>
        )}
        <Button onClick={onClear}>Compare something else</Button>
      </div>
    </form>
  );
}

/** Versions of one prompt, the newest. */
const proposedMax = 20;

export function ReplaySides({
  id,
  onClear,
}: {
  readonly id: string;
  readonly onClear: () => void;
}): ReactElement {
  return (
    <div className="compare-sides">
      <p className="compare-side">
        <b className="compare-letter is-a">A</b>
        <span>
          The new runs of{' '}
          <PageLink to="/replays" search={{ batch: id }}>
            a bulk replay
          </PageLink>
        </span>
      </p>
      <p className="compare-side">
        <b className="compare-letter is-b">B</b>
        The runs that they were made from
      </p>
      <div className="compare-choices">
        <Button onClick={onClear}>Compare something else</Button>
      </div>
    </div>
  );
}
