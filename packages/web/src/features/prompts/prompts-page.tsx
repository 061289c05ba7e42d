import {
  counted,
  diffLines,
  foldSame,
  formatCostUsd,
  formatCount,
  formatDurationMs,
  formatNumber,
} from '@sightline/base';
import type { PromptResponse, PromptUsageResponse } from '@sightline/schema/api';
import { promptFilter } from '@sightline/schema/filter';
import { promptText } from '@sightline/schema/prompts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import {
  deletePrompt,
  labelPrompt,
  promptQuery,
  promptsQuery,
  promptUsageQuery,
  promptVersionQuery,
} from '../../api/quality-queries.ts';
import { Button } from '../../widgets/button.tsx';
import { DiffLines } from '../../widgets/diff-lines.tsx';
import { Dash, TimeAgo } from '../../widgets/facts.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { useNow } from '../../widgets/use-now.ts';
import { SaveRows } from '../../widgets/save-rows.tsx';
import { SaveTable } from '../../widgets/save-table.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import '../../widgets/form.css';
import '../../widgets/two-panes.css';

/** Prompts with their versions: what each says, who uses it, and what it costs. */
export function PromptsPage(): ReactElement {
  const { search } = useUrlState();
  const query = useQuery(promptsQuery);
  const prompts = query.data?.prompts;
  const chosen = search['prompt'] ?? prompts?.[0]?.name;
  return (
    <Page
      title="Prompts"
      answer={
        prompts === undefined ? (
          query.error === null ? (
            <SkeletonText width={260} />
          ) : (
            'Prompts'
          )
        ) : prompts.length === 0 ? (
          'No prompts yet'
        ) : (
          `${counted(prompts.length, 'prompt')}, ${counted(prompts.filter(({ labels }) => labels['production'] !== undefined).length, 'of them is', 'of them are')} in production`
        )
      }
      detail="Programs fetch them with getPrompt(); each call then says which version it used."
      actions={
        <>
          <SaveRows list="prompts" asked={{}} />
          <PageLink to="/playground" className="button button-primary">
            New prompt
          </PageLink>
        </>
      }
    >
      {query.error !== null && prompts === undefined && (
        <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <SkeletonRows count={6} />}
      {prompts?.length === 0 && (
        <Notice icon="comment" title="No prompt is stored yet">
          <p>Write one in the playground and save it, or open a recorded call of a model there.</p>
          <PageLink to="/playground" className="button">
            Open the playground
          </PageLink>
        </Notice>
      )}
      {prompts !== undefined && prompts.length > 0 && (
        <div className="two-panes">
          <nav className="pane-list" aria-label="Prompts">
            {prompts.map(({ name, latestVersion, labels }) => (
              <PageLink key={name} to="/prompts" search={{ prompt: name }} aria-current={name === chosen}>
                {name}
                <small>
                  v{latestVersion}
                  {Object.entries(labels).map(([label, version]) => ` · ${label} v${version}`)}
                </small>
              </PageLink>
            ))}
          </nav>
          {chosen !== undefined && <PromptView key={chosen} name={chosen} />}
        </div>
      )}
    </Page>
  );
}

function PromptView({ name }: { readonly name: string }): ReactElement {
  const { search, patch } = useUrlState();
  const client = useQueryClient();
  const query = useQuery(promptQuery(name));
  const usage = useQuery(promptUsageQuery(name));
  const [label, setLabel] = useState('production');
  const refresh = async (): Promise<void> => client.invalidateQueries({ queryKey: ['prompts'] });
  const put = useMutation({
    mutationFn: ({ version }: { version: number }) => labelPrompt(name, label, version),
    onSuccess: refresh,
  });
  const remove = useMutation({
    mutationFn: () => deletePrompt(name),
    onSuccess: async () => {
      await refresh();
      patch({ prompt: undefined, v: undefined, against: undefined });
    },
  });
  if (query.error !== null && query.data === undefined)
    return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <SkeletonRows count={8} />;
  const prompt = query.data;
  const version = Number(search['v'] ?? prompt.latestVersion);
  const against = search['against'] === undefined ? undefined : Number(search['against']);
  return (
    <div className="pane-body">
      <section>
        <h2>{name}</h2>
        {prompt.description !== '' && <p className="soft">{prompt.description}</p>}
        <div className="row-actions">
          <PageLink to="/playground" search={{ prompt: name, v: String(version) }} className="button">
            Open v{version} in the playground
          </PageLink>
          <label className="row-actions">
            Label
            <input
              value={label}
              size={12}
              aria-label="Label"
              onChange={(event) => setLabel(event.target.value)}
            />
          </label>
          <Button disabled={put.isPending} onClick={() => put.mutate({ version })}>
            Put on v{version}
          </Button>
          <Button look="quiet" disabled={remove.isPending} onClick={() => remove.mutate()}>
            Delete the prompt
          </Button>
          {(put.error ?? remove.error) !== null && (
            <span className="error-text">{(put.error ?? remove.error)?.message}</span>
          )}
        </div>
        <VersionTable prompt={prompt} usage={usage.data} chosen={version} against={against} />
      </section>
      <section>
        <VersionText name={name} version={version} against={against} />
      </section>
    </div>
  );
}

function VersionTable({
  prompt,
  usage,
  chosen,
  against,
}: {
  readonly prompt: PromptResponse;
  readonly usage: PromptUsageResponse | undefined;
  readonly chosen: number;
  readonly against: number | undefined;
}): ReactElement {
  const nowMs = useNow();
  const { patch } = useUrlState();
  const used = new Map(usage?.versions.map((each) => [each.version, each]));
  return (
    <>
      <SaveTable name="versions" rows={prompt.versions} />
      <PlainTable label="Versions">
        <table>
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Labels</th>
              <th scope="col">Model</th>
              <th scope="col">Saved</th>
              <th scope="col" className="end">
                Calls, 30 d
              </th>
              <th scope="col" className="end">
                Failed
              </th>
              <th scope="col" className="end">
                p50
              </th>
              <th scope="col" className="end">
                Cost per call
              </th>
              <th scope="col">Scores</th>
              <th scope="col">Note</th>
              <th scope="col">Compare</th>
            </tr>
          </thead>
          <tbody>
            {prompt.versions.map((each) => {
              const use = used.get(String(each.version));
              const priced = use === undefined ? 0 : use.calls - use.unpricedCalls;
              return (
                <tr key={each.version} aria-selected={each.version === chosen}>
                  <td>
                    <PageLink to="/prompts" search={{ prompt: prompt.name, v: String(each.version) }}>
                      v{each.version}
                    </PageLink>
                  </td>
                  <td>{each.labels.join(', ')}</td>
                  <td className="mono small">{each.model ?? <Dash />}</td>
                  <td>
                    <TimeAgo time={each.createdAt} nowMs={nowMs} />
                  </td>
                  <td className="end">
                    {use === undefined ? (
                      <Dash />
                    ) : (
                      <PageLink
                        to="/runs"
                        title="The runs that used this version"
                        search={{
                          q: promptFilter({ name: prompt.name, version: String(each.version) }),
                          from: '-30d',
                          to: 'now',
                        }}
                      >
                        {formatCount(use.calls)}
                      </PageLink>
                    )}
                  </td>
                  <td className="end">{use === undefined ? <Dash /> : formatCount(use.errors)}</td>
                  <td className="end">
                    {use === undefined || use.p50Ms === null ? <Dash /> : formatDurationMs(use.p50Ms)}
                  </td>
                  <td className="end">
                    {use === undefined || use.costUsd === null || priced === 0 ? (
                      <Dash />
                    ) : (
                      formatCostUsd(use.costUsd / priced)
                    )}
                  </td>
                  <td>
                    {use?.scores
                      .map(
                        ({ name, average, count }) =>
                          `${name} ${average === null ? `×${count}` : formatNumber(average)}`,
                      )
                      .join(', ') || <Dash />}
                  </td>
                  <td title={each.note}>{each.note}</td>
                  <td>
                    {each.version !== chosen && (
                      <Button
                        look="quiet"
                        pressed={each.version === against}
                        onClick={() =>
                          patch(
                            { against: each.version === against ? undefined : String(each.version) },
                            'replace',
                          )
                        }
                      >
                        with v{chosen}
                      </Button>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </PlainTable>
    </>
  );
}

function VersionText({
  name,
  version,
  against,
}: {
  readonly name: string;
  readonly version: number;
  readonly against: number | undefined;
}): ReactElement {
  const shown = useQuery(promptVersionQuery(name, String(version)));
  const other = useQuery({ ...promptVersionQuery(name, String(against ?? version)) });
  if (shown.error !== null) return <ErrorNotice error={shown.error} onRetry={() => void shown.refetch()} />;
  if (shown.data === undefined || other.data === undefined) return <SkeletonRows count={6} />;
  const text = promptText(shown.data.content);
  if (against === undefined || against === version) return <pre className="diff-lines">{text}</pre>;
  return (
    <>
      <p className="row-actions">
        <span className="faint small">
          From v{against} to v{version}
        </span>
        <PageLink
          to="/compare"
          className="button"
          title="How runs with the one did against runs with the other"
          search={{ aPrompt: `${name}@${version}`, bPrompt: `${name}@${against}`, from: '-30d', to: 'now' }}
        >
          Compare their runs
        </PageLink>
      </p>
      <DiffLines lines={foldSame(diffLines(promptText(other.data.content), text), 3)} />
    </>
  );
}
