import type { AlertNotification, AlertRoute, ChannelView } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import {
  notificationsQuery,
  retryNotification,
  routePreviewQuery,
  routesQuery,
  saveRoutes,
} from '../../api/alert-queries.ts';
import { channelsQuery } from '../../api/channel-queries.ts';
import { readLabels } from '../../model/rule-form.ts';
import { formatRelative, msFromTimestamp } from '../../model/timestamp.ts';
import { Button, IconButton } from '../../widgets/button.tsx';
import { ErrorNotice, SkeletonRows } from '../../widgets/states.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { useNow } from '../../widgets/use-now.ts';
import { ChannelForm } from './channel-form.tsx';
import { ChannelList } from './channel-list.tsx';
import { RouteForm } from './route-form.tsx';

/** Who is told: channels, the routes that lead to them, and every message. */
export function DeliveryView(): ReactElement {
  const { search, patch } = useUrlState();
  const channels = useQuery(channelsQuery);
  const routes = useQuery(routesQuery);
  const edited = search['edit'];
  const open = (edit: string | undefined): void => patch({ edit }, 'replace');
  const found = channels.data?.channels ?? [];
  const channel = found.find(({ id }) => `channel-${id}` === edited);
  const error = channels.error ?? routes.error;
  return (
    <div className="delivery">
      {error !== null && (channels.data === undefined || routes.data === undefined) && (
        <ErrorNotice
          error={error}
          onRetry={() => {
            void channels.refetch();
            void routes.refetch();
          }}
        />
      )}
      <section>
        <header className="alerts-tools">
          <h2>Channels</h2>
          <Button icon="plus" onClick={() => open('channel')}>
            Add a channel
          </Button>
        </header>
        {channels.isPending && <SkeletonRows count={2} />}
        {channels.data !== undefined && (
          <ChannelList channels={found} onEdit={(id) => open(`channel-${id}`)} />
        )}
        {(edited === 'channel' || channel !== undefined) && (
          <ChannelForm key={edited} channel={channel} onDone={() => open(undefined)} />
        )}
      </section>
      {routes.data !== undefined && (
        <Routes key={JSON.stringify(routes.data)} stored={routes.data.routes} channels={found} />
      )}
      <Messages channels={found} />
    </div>
  );
}

/** The routes in their order, as a picture: alerts come in at the top and leave at the first that fits. */
function Routes(props: {
  readonly stored: readonly AlertRoute[];
  readonly channels: readonly ChannelView[];
}): ReactElement {
  const client = useQueryClient();
  const [routes, setRoutes] = useState(props.stored);
  const [editing, setEditing] = useState<number | 'new'>();
  const [tried, setTried] = useState('severity=critical');
  const labels = readLabels(tried);
  const preview = useQuery({
    ...routePreviewQuery(labels ?? {}, routes),
    enabled: labels !== undefined,
  });
  const hit = new Set(labels === undefined ? [] : preview.data?.matched.map(({ index }) => index));
  const save = useMutation({
    mutationFn: saveRoutes,
    onSuccess: async () => client.invalidateQueries({ queryKey: ['alerts', 'routes'] }),
  });
  const isChanged = JSON.stringify(routes) !== JSON.stringify(props.stored);
  const put = (route: AlertRoute): void => {
    setRoutes(
      editing === 'new' ? [...routes, route] : routes.map((old, at) => (at === editing ? route : old)),
    );
    setEditing(undefined);
  };
  const raise = (at: number): void =>
    setRoutes(routes.toSpliced(at, 1).toSpliced(at - 1, 0, ...routes.slice(at, at + 1)));
  const nameOf = (id: string): string =>
    id === 'log'
      ? 'Log of the server'
      : (props.channels.find((one) => one.id === id)?.name ?? `${id} (missing)`);
  return (
    <section>
      <header className="alerts-tools">
        <h2>Routes</h2>
        <Button icon="plus" onClick={() => setEditing('new')}>
          Add a route
        </Button>
      </header>
      <label className="field route-try">
        <span>Where would an alert with these labels go?</span>
        <input
          className="mono"
          value={tried}
          aria-invalid={labels === undefined}
          onChange={(event) => setTried(event.target.value)}
        />
      </label>
      <ol className="routes">
        {routes.map((route, at) => (
          <li key={`${at} ${route.name}`} className={hit.has(at) ? 'is-hit' : ''}>
            <button type="button" className="route-name" onClick={() => setEditing(at)}>
              {route.name}
            </button>
            <code className="mono soft">{route.matchers === '' ? 'every alert' : route.matchers}</code>
            <span className="route-arrow" aria-hidden="true">
              →
            </span>
            <span>{route.channels.length === 0 ? 'nobody' : route.channels.map(nameOf).join(', ')}</span>
            {route.continue && <span className="faint">and on to the next</span>}
            <span className="route-actions">
              {at > 0 && (
                <IconButton icon="chevronUp" label={`Move ${route.name} up`} onClick={() => raise(at)} />
              )}
              <IconButton
                icon="close"
                label={`Delete ${route.name}`}
                onClick={() => setRoutes(routes.toSpliced(at, 1))}
              />
            </span>
          </li>
        ))}
        <li className="soft">
          {routes.length === 0 ? 'No route: nobody is told.' : 'What fits none goes nowhere.'}
        </li>
      </ol>
      {labels !== undefined && preview.data !== undefined && (
        <p role="status">
          {preview.data.matched.length === 0
            ? 'It would go nowhere.'
            : `It would go to ${[...new Set(preview.data.matched.flatMap((one) => one.channels))].map(nameOf).join(', ') || 'nobody'}.`}
        </p>
      )}
      {isChanged && (
        <div className="form-row">
          <Button look="primary" disabled={save.isPending} onClick={() => save.mutate(routes)}>
            Save the routes
          </Button>
          <Button onClick={() => setRoutes(props.stored)}>Discard</Button>
        </div>
      )}
      <p className="form-problem" role="alert">
        {save.error?.message ?? preview.error?.message ?? ''}
      </p>
      {editing !== undefined && (
        <RouteForm
          key={editing}
          route={editing === 'new' ? undefined : routes[editing]}
          channels={props.channels}
          onSave={put}
          onClose={() => setEditing(undefined)}
        />
      )}
    </section>
  );
}

const messageWords: Readonly<Record<AlertNotification['state'], string>> = {
  waiting: 'waits',
  sending: 'is being sent',
  delivered: 'delivered',
  replaced: 'replaced by a newer one',
  dead: 'given up',
};

function Messages({ channels }: { readonly channels: readonly ChannelView[] }): ReactElement {
  const query = useQuery(notificationsQuery);
  const client = useQueryClient();
  const nowMs = useNow();
  const retry = useMutation({
    mutationFn: retryNotification,
    onSuccess: async () => client.invalidateQueries({ queryKey: ['alerts', 'notifications'] }),
  });
  const messages = query.data?.notifications ?? [];
  return (
    <section>
      <h2>Messages</h2>
      {query.error !== null && query.data === undefined && (
        <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.data !== undefined && messages.length === 0 && <p className="soft">Nothing was sent yet.</p>}
      <ul className="messages">
        {messages.map((message) => (
          <li key={message.id}>
            <span>{message.title}</span>
            <span className="soft">
              {message.channel === 'log'
                ? 'Log of the server'
                : (channels.find(({ id }) => id === message.channel)?.name ?? message.channel)}
            </span>
            <span
              className={
                message.state === 'dead' ? 'error-text' : message.state === 'delivered' ? 'good-text' : 'soft'
              }
            >
              {messageWords[message.state]}{' '}
              {formatRelative(msFromTimestamp(message.deliveredAt ?? message.createdAt), nowMs)}
              {message.attempts > 1 && `, ${message.attempts} attempts`}
            </span>
            {message.lastError !== null && message.state !== 'delivered' && (
              <span className="error-text small">{message.lastError}</span>
            )}
            {message.state === 'dead' && <Button onClick={() => retry.mutate(message.id)}>Send again</Button>}
          </li>
        ))}
      </ul>
      <p className="form-problem" role="alert">
        {retry.error?.message ?? ''}
      </p>
    </section>
  );
}
