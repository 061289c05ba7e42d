import { printText } from '@sightline/schema/filter';
import type { User, UsersResponse } from '@sightline/schema/api';
import { useMemo, type ReactElement } from 'react';
import { groupsDetail, usersSentence } from '../../model/agent-answers.ts';
import { formatCount } from '@sightline/base';
import type { Column } from '../../widgets/data-table.tsx';
import { useGroupPicks } from '../../widgets/compare-picks.tsx';
import { WayIn, Words } from '../../widgets/facts.tsx';
import { groupColumns } from '../../widgets/group-columns.tsx';
import { ListCharts } from '../../widgets/list-charts.tsx';
import { ListPage, useListPage } from '../../widgets/list-page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { carriedSearch } from '../../widgets/url-state.ts';

const usersOf = (page: object): readonly User[] => (page as UsersResponse).users;

const runsOf = ({ userId }: User): string => `user:${printText(userId)}`;

/** For whom the runs ran, and what that cost. */
export function UsersPage(): ReactElement {
  const state = useListPage();
  const { question, nowMs } = state;
  const { search } = question;
  const columns = useMemo((): readonly Column<User>[] => {
    const carried = carriedSearch(search);
    return [
      {
        id: 'userId',
        label: 'User',
        least: 190,
        render: (user) => (
          <PageLink to="/runs" search={{ ...carried, user: user.userId }} className="row-link clip mono">
            {user.userId}
          </PageLink>
        ),
      },
      {
        id: 'firstQuestion',
        label: 'First question',
        least: 200,
        yields: 5,
        render: (user) => <Words text={user.firstQuestion} />,
      },
      {
        id: 'sessions',
        label: 'Sessions',
        width: 64,
        align: 'end',
        sortBy: (user) => user.sessions,
        render: (user) => (
          <WayIn
            to="/sessions"
            search={{ ...carried, user: user.userId }}
            label={formatCount(user.sessions)}
          />
        ),
      },
      ...groupColumns<User>(nowMs),
    ];
  }, [nowMs, search]);
  const compare = useGroupPicks(state, runsOf);
  return (
    <ListPage
      state={state}
      name="users"
      title="Users"
      noun="user"
      icon="users"
      columns={[...columns, compare.column]}
      rowsOf={usersOf}
      rowKey={(user) => user.userId}
      chart={<ListCharts question={question} narrowed={state.filters.values} metrics={['runs', 'cost']} />}
      actions={compare.link}
      initialSort="-costUsd"
      emptyHint="Runs with user.id (or the name that your SDK has for it) belong to a user."
      detail={({ rows, hasMore }) => groupsDetail(rows, hasMore)}
      sentence={({ rows, hasMore }) =>
        usersSentence(rows, { range: question.range, nowMs: question.asOf, hasMore })
      }
    />
  );
}
