import type { ReactElement } from 'react';
import { addTerm } from '../../model/filter-text.ts';
import { formatCount } from '@sightline/base';
import { describeChange } from '../../model/trace-answer.ts';
import { CostValue } from '../../widgets/facts.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { carriedSearch, useUrlState } from '../../widgets/url-state.ts';
import { type OverviewAnswer, usePart } from '../../widgets/use-part.ts';
import { OverviewList } from './overview-list.tsx';

/** The prompts that cost most; where prompts have no names, the spans that call the model. */
export function TopPrompts({ answer }: { readonly answer: OverviewAnswer }): ReactElement {
  const { overview, missing } = usePart(answer, ['calls']);
  const { search } = useUrlState();
  const carried = carriedSearch(search);
  return (
    <OverviewList
      title="Costliest prompts"
      columns={['prompt', 'Calls', 'Tokens', 'Cost', 'before']}
      ifNone="No model was called."
      missing={missing}
      count={overview?.promptCount}
      rows={overview?.topPrompts?.map((prompt) => (
        <tr key={`${prompt.isNamed} ${prompt.prompt}`}>
          <th scope="row">
            <PageLink
              to="/runs"
              search={{
                ...carried,
                q: addTerm('', prompt.isNamed ? 'gen_ai.prompt.name' : 'name', prompt.prompt, 'include'),
              }}
            >
              {prompt.prompt === '' ? '(no name)' : prompt.prompt}
            </PageLink>
          </th>
          <td className="end">{formatCount(prompt.calls)}</td>
          <td className="end">{formatCount((prompt.inputTokens ?? 0) + (prompt.outputTokens ?? 0))}</td>
          <td className="end">
            <CostValue of={prompt} />
          </td>
          <td className="end faint">
            {prompt.costUsd === null ? '–' : describeChange(prompt.costUsd, prompt.previous.costUsd) || '–'}
          </td>
        </tr>
      ))}
    />
  );
}
