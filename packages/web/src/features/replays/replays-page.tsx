import type { Replay, ReplayBatch, ReplayTarget } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { batchesQuery, replaysQuery, replayTargetsQuery } from '../../api/replay-queries.ts';
import { counted } from '@sightline/base';
import { DurationValue, TimeAgo } from '../../widgets/facts.tsx';
import { Button, IconButton } from '../../widgets/button.tsx';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { Page } from '../../widgets/page.tsx';
import { ErrorNotice, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { useNow } from '../../widgets/use-now.ts';
import { SaveTable } from '../../widgets/save-table.tsx';
import { BatchView } from './batch-view.tsx';
import { ComparisonView } from './comparison-view.tsx';
import { StartReplay } from './start-replay.tsx';
import { stateTone, stateWord } from './state-words.ts';
import { TargetForm } from './target-form.tsx';
import { WhatIfForm } from './what-if.tsx';
import '../../widgets/form.css';
import './replays-page.css';

/** Recorded runs that were run again, one by one and in bulk, and what runs them. */
export function ReplaysPage(): ReactElement {
  const { search, patch } = useUrlState();
  const replays = useQuery(replaysQuery());
  const batches = useQuery(batchesQuery);
  const targets = useQuery(replayTargetsQuery);
  const { replay, batch, of, step, target } = search;
  const close = (): void =>
    patch({ replay: undefined, of: undefined, step: undefined, target: undefined }, 'replace');
  const isWaiting = replays.data === undefined || targets.data === undefined || batches.data === undefined;
  const error = replays.error ?? targets.error ?? batches.error;
  const side = replay ?? of ?? target;
  return (
    <Page
      title="Replays"
      answer={
        isWaiting ? (
          error === null ? (
            <SkeletonText width={320} />
          ) : (
            'Replays'
          )
        ) : (
          sentence(replays.data.replays, batches.data.batches, targets.data.targets)
        )
      }
      detail={null}
      actions={
        <Button
          icon="plus"
          onClick={() => patch({ target: 'new', replay: undefined, of: undefined }, 'replace')}
        >
          New target
        </Button>
      }
    >
      <KeptNote query={replays} isShown={!isWaiting} onRetry={() => void replays.refetch()} />
      {isWaiting && error !== null && <ErrorNotice error={error} onRetry={() => void replays.refetch()} />}
      {isWaiting && error === null && <SkeletonRows count={8} />}
      {!isWaiting && (
        <div className={side === undefined ? 'replays is-alone' : 'replays'}>
          <div className="replays-list">
            {batch === undefined ? (
              <Lists
                replays={replays.data.replays}
                batches={batches.data.batches}
                targets={targets.data.targets}
              />
            ) : (
              <BatchView id={batch} />
            )}
          </div>
          {side !== undefined && (
            <aside className="replays-side" aria-label={sideTitle(search)}>
              <header>
                <h2>{sideTitle(search)}</h2>
                <IconButton icon="close" label="Close" onClick={close} />
              </header>
              {replay !== undefined && <ComparisonView id={replay} />}
              {replay === undefined && of !== undefined && step !== undefined && (
                <WhatIfForm
                  place={{ traceId: of, spanId: step }}
                  targets={targets.data.targets}
                  onStarted={(id) => patch({ of: undefined, step: undefined, replay: id }, 'replace')}
                />
              )}
              {replay === undefined && of !== undefined && step === undefined && (
                <StartReplay
                  traceId={of}
                  targets={targets.data.targets}
                  onStarted={(id) => patch({ of: undefined, replay: id }, 'replace')}
                />
              )}
              {replay === undefined && of === undefined && <TargetForm onSaved={close} />}
            </aside>
          )}
        </div>
      )}
    </Page>
  );
}

function sideTitle({ replay, of, step }: Readonly<Record<string, string | undefined>>): string {
  if (replay !== undefined) return 'Before and after';
  if (of === undefined) return 'New target';
  return step === undefined ? 'Replay a run' : 'What if from here';
}

function sentence(
  replays: readonly Replay[],
  batches: readonly ReplayBatch[],
  targets: readonly ReplayTarget[],
): string {
  if (replays.length === 0 && batches.length === 0)
    return targets.length === 0
      ? 'Nothing was replayed yet'
      : `Nothing was replayed yet; ${counted(targets.length, 'target')} could`;
  const ofBatches = batches.reduce((sum, { counts }) => sum + counts.failed + counts.lost, 0);
  const failed =
    ofBatches +
    replays.filter(({ batchId, state }) => batchId === null && (state === 'failed' || state === 'lost'))
      .length;
  const away = targets.filter(({ state }) => state === 'away').length;
  return [
    failed === 0 ? 'No replay failed' : `${counted(failed, 'replay')} failed`,
    ...(away === 0 ? [] : [`${counted(away, 'target')} away`]),
  ].join(', ');
}

function Lists(props: {
  readonly replays: readonly Replay[];
  readonly batches: readonly ReplayBatch[];
  readonly targets: readonly ReplayTarget[];
}): ReactElement {
  const nowMs = useNow();
  if (props.targets.length === 0 && props.replays.length === 0)
    return (
      <Notice icon="play" title="Nothing can be replayed yet">
        <p>
          A target runs a recorded run again: an address that takes its input, a model, or a function that a
          program names with <code>target()</code>. Runs say what they were given with <code>target()</code>,{' '}
          <code>traceWorkflow()</code> or <code>saveQuery()</code>.
        </p>
      </Notice>
    );
  return (
    <>
      {props.targets.length > 0 && (
        <section aria-label="Targets" className="replays-section">
          <h2>Targets</h2>
          <ul className="replay-targets">
            {props.targets.map((target) => (
              <li key={target.name}>
                <span className={target.state === 'ready' ? 'good-text' : 'faint'}>●</span> {target.name}{' '}
                <span className="faint">
                  {target.settings.kind === 'sdk' ? 'program' : target.settings.kind}
                  {target.state === 'away' ? ', away' : `, ${counted(target.places, 'place')}`}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {props.batches.length > 0 && (
        <section aria-label="Bulk replays" className="replays-section">
          <SaveTable name="bulk replays" rows={props.batches} />
          <h2>In bulk</h2>
          <PlainTable label="Bulk replays">
            <table>
              <thead>
                <tr>
                  <th scope="col">Runs</th>
                  <th scope="col">State</th>
                  <th scope="col" className="end">
                    Done
                  </th>
                  <th scope="col" className="end">
                    Failed
                  </th>
                  <th scope="col">Gate</th>
                  <th scope="col">Begun</th>
                </tr>
              </thead>
              <tbody>
                {props.batches.map((batch) => (
                  <tr key={batch.id}>
                    <td>
                      <PageLink to="/replays" search={{ batch: batch.id }}>
                        {batch.q === '' ? 'all runs' : batch.q}
                      </PageLink>
                    </td>
                    <td>{batch.stoppedAtBudget ? 'stopped at budget' : batch.state}</td>
                    <td className="end">{batch.counts.done}</td>
                    <td className={batch.counts.failed > 0 ? 'end error-text' : 'end'}>
                      {batch.counts.failed}
                    </td>
                    <td className="mono small">{batch.gate ?? ''}</td>
                    <td>
                      <TimeAgo time={batch.createdAt} nowMs={nowMs} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </PlainTable>
        </section>
      )}
      {props.replays.length > 0 && (
        <section aria-label="Single replays" className="replays-section">
          <SaveTable name="replays" rows={props.replays} />
          <h2>One by one</h2>
          <PlainTable label="Replays">
            <table>
              <thead>
                <tr>
                  <th scope="col">Run</th>
                  <th scope="col">Target</th>
                  <th scope="col">State</th>
                  <th scope="col" className="end">
                    Before
                  </th>
                  <th scope="col" className="end">
                    After
                  </th>
                  <th scope="col">Begun</th>
                </tr>
              </thead>
              <tbody>
                {props.replays.map((replay) => (
                  <tr key={replay.id}>
                    <td>
                      <PageLink to="/replays" search={{ replay: replay.id }} className="mono">
                        {replay.sourceTraceId.slice(0, 12)}
                      </PageLink>
                    </td>
                    <td>{replay.target}</td>
                    <td className={stateTone(replay.state)} title={replay.error ?? ''}>
                      {stateWord(replay.state)}
                    </td>
                    <td className="end">
                      <DurationValue ms={replay.before.durationMs} />
                    </td>
                    <td className="end">
                      <DurationValue ms={replay.durationMs} />
                    </td>
                    <td>
                      <TimeAgo time={replay.createdAt} nowMs={nowMs} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </PlainTable>
        </section>
      )}
    </>
  );
}
