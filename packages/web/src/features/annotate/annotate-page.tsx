import type { AnnotationQueue } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { queuesQuery } from '../../api/score-queries.ts';
import { formatCount, counted } from '@sightline/base';
import { Button } from '../../widgets/button.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { SaveTable } from '../../widgets/save-table.tsx';
import { QueueForm } from './queue-form.tsx';
import { QueueProgress } from './queue-progress.tsx';
import { QueueWork } from './queue-work.tsx';
import '../../widgets/form.css';
import './annotate-page.css';

/** Queues of runs that people look at, and the work through one of them. */
export function AnnotatePage(): ReactElement {
  const { search, patch } = useUrlState();
  const query = useQuery(queuesQuery);
  const queues = query.data?.queues;
  const queue = queues?.find(({ id }) => id === search['queue']);
  const edited = search['edit'];
  if (queue !== undefined && edited === undefined) return <QueueWork key={queue.id} queue={queue} />;
  return (
    <Page
      title="Annotate"
      answer={
        queues === undefined ? (
          query.error === null ? (
            <SkeletonText width={360} />
          ) : (
            'Annotate'
          )
        ) : (
          sentence(queues)
        )
      }
      detail="Choose runs by a filter, a sample or a score, and judge them one after the other."
      actions={
        <>
          <PageLink to="/evaluators" className="button">
            Evaluators
          </PageLink>
          <Button look="primary" icon="plus" onClick={() => patch({ edit: 'new' }, 'replace')}>
            New queue
          </Button>
        </>
      }
    >
      <div className="page-scroll queues">
        {query.error !== null && queues === undefined && (
          <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
        )}
        {query.isPending && <SkeletonRows count={6} />}
        {queues !== undefined && edited !== undefined && (
          <QueueForm
            key={edited}
            queue={queues.find(({ id }) => id === edited)}
            onDone={(id) => patch({ edit: undefined, queue: id }, 'replace')}
          />
        )}
        {queues?.length === 0 && edited === undefined && (
          <Notice icon="check" title="No queues yet">
            <p>A queue holds runs for people to judge, such as those that an evaluator found wanting.</p>
          </Notice>
        )}
        <SaveTable name="queues" rows={queues ?? []} />
        {queues !== undefined && queues.length > 0 && <QueueTable queues={queues} />}
      </div>
    </Page>
  );
}

function sentence(queues: readonly AnnotationQueue[]): string {
  const open = queues.reduce((sum, queue) => sum + queue.open, 0);
  if (queues.length === 0) return 'Nothing to annotate yet';
  return open === 0
    ? `All runs of ${counted(queues.length, 'queue')} are judged`
    : `${counted(open, 'run')} in ${counted(queues.length, 'queue')} to be judged`;
}

function QueueTable({ queues }: { readonly queues: readonly AnnotationQueue[] }): ReactElement {
  const { patch } = useUrlState();
  return (
    <PlainTable label="Queues">
      <table>
        <thead>
          <tr>
            <th>Queue</th>
            <th>Runs</th>
            <th className="end">Open</th>
            <th className="end">Done</th>
            <th className="end">Skipped</th>
            <th>Progress</th>
            <th>
              <span className="visually-hidden">Change</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {queues.map((queue) => (
            <tr key={queue.id}>
              <td>
                <PageLink to="/annotate" search={{ queue: queue.id }}>
                  {queue.name}
                </PageLink>
              </td>
              <td className="soft">
                {queue.q === '' ? 'any' : <code>{queue.q}</code>}
                {queue.follow && <span className="faint small"> new ones are added</span>}
              </td>
              <td className="end">{formatCount(queue.open)}</td>
              <td className="end">{formatCount(queue.done)}</td>
              <td className="end">{formatCount(queue.skipped)}</td>
              <td>
                <QueueProgress queue={queue} />
              </td>
              <td>
                <Button look="quiet" onClick={() => patch({ edit: queue.id, queue: undefined }, 'replace')}>
                  Edit
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </PlainTable>
  );
}
