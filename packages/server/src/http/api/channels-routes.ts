import { formatNanos, msFromNanos, nanosFromMs } from '@sightline/base';
import {
  channel,
  channelInput,
  type ChannelSettings,
  channelsResponse,
  type ChannelTestResponse,
  channelTestResponse,
  type ChannelView,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { z } from 'zod';
import { findPasswordProblem } from '../../alerts/channels/email.ts';
import { openChannel } from '../../alerts/channels/open-channel.ts';
import { maskSecrets, unmaskSecrets } from '../../alerts/channels/secrets.ts';
import type { Notification } from '../../alerts/notification.ts';
import {
  changeChannel,
  channelsMax,
  createChannel,
  deleteChannel,
  findChannel,
  listChannels,
  type StoredChannel,
} from '../../catalog/channels.ts';
import { findHostProblem, findUrlProblem, type Reach } from '../../outbound/reach.ts';
import type { QueryContext } from '../../query/reader.ts';
import { type ApiRoute, type ApiSources, route } from './route-table.ts';

const idInPath = z.object({ id: z.string().max(64) });

/** Where alerts are told. */
export const channelsRoutes: readonly ApiRoute[] = [
  route({
    path: '/channels',
    summary: 'The channels that alerts are told to, without their secrets.',
    tag: 'alerts',
    scope: 'read',
    response: channelsResponse,
    answer: async ({ context, sources }) => ({
      channels: (await listChannels(sources.catalog, context.project)).map(describe),
    }),
  }),
  route({
    method: 'POST',
    path: '/channels',
    summary: 'Makes a channel.',
    tag: 'alerts',
    scope: 'admin',
    body: channelInput,
    response: channel,
    answer: async ({ context, sources, body }) => {
      const settings = unmaskSecrets(body.settings, undefined);
      checkSettings(settings, sources.channels.reach);
      const made = await createChannel(sources.catalog, context.project, { ...body, settings });
      if (made !== undefined) return describe(made);
      const known = await listChannels(sources.catalog, context.project);
      if (known.some(({ name }) => name === body.name)) throw nameTaken(body.name);
      throw new SightlineError('bad_request', `There are ${channelsMax} channels already.`, {
        hint: 'Delete one first.',
      });
    },
  }),
  route({
    path: '/channels/:id',
    summary: 'One channel, without its secrets.',
    tag: 'alerts',
    scope: 'read',
    params: idInPath,
    response: channel,
    answer: async ({ context, sources, params }) => describe(await get(sources, context, params.id)),
  }),
  route({
    method: 'PUT',
    path: '/channels/:id',
    summary: 'Changes a channel. A secret that is sent back masked stays as it is.',
    tag: 'alerts',
    scope: 'admin',
    params: idInPath,
    body: channelInput,
    response: channel,
    answer: async ({ context, sources, params, body }) => {
      const stored = await get(sources, context, params.id);
      const settings = unmaskSecrets(body.settings, stored.settings);
      checkSettings(settings, sources.channels.reach);
      const at = { project: context.project, id: params.id };
      const changed = await changeChannel(sources.catalog, at, { ...body, settings });
      if (changed === undefined) throw nameTaken(body.name);
      return describe(changed);
    },
  }),
  route({
    method: 'DELETE',
    path: '/channels/:id',
    summary: 'Deletes a channel.',
    tag: 'alerts',
    scope: 'admin',
    params: idInPath,
    response: z.object({ deleted: z.string() }),
    answer: async ({ context, sources, params }) => {
      const at = { project: context.project, id: params.id };
      if (!(await deleteChannel(sources.catalog, at))) throw unknown(params.id);
      return { deleted: params.id };
    },
  }),
  route({
    method: 'POST',
    path: '/channels/:id/test',
    summary: 'Sends a test message, and says what the receiver answered.',
    tag: 'alerts',
    scope: 'admin',
    params: idInPath,
    body: z.strictObject({}),
    response: channelTestResponse,
    answer: async ({ context, sources, params }) => sendTest(await get(sources, context, params.id), sources),
  }),
];

async function sendTest(
  { id, name, settings }: StoredChannel,
  { channels }: ApiSources,
): Promise<ChannelTestResponse> {
  const answers: string[] = [];
  const beganMs = performance.now();
  const opened = openChannel(settings, {
    ...channels,
    onAnswer: (answer) => answers.push(answer.slice(0, 500)),
  });
  const at = new Date(msFromNanos(channels.clock.now()));
  const delivery = await opened.deliver(testNotification({ id, name }, at), {
    reference: undefined,
    signal: new AbortController().signal,
  });
  return {
    outcome: delivery.kind,
    reason: delivery.kind === 'delivered' ? null : delivery.reason,
    answers,
    tookMs: performance.now() - beganMs,
  };
}

function testNotification({ id, name }: Pick<StoredChannel, 'id' | 'name'>, at: Date): Notification {
  const key = `test:${id}:${at.getTime()}`;
  return {
    key,
    sequence: 0,
    dedupeKey: `${key}:0`,
    rule: 'Test',
    severity: 'info',
    status: 'test',
    title: `the channel “${name}” works`,
    text: 'Somebody pressed “Send a test” in Sightline. Nothing is wrong.',
    labels: {},
    alerts: [],
    alertCount: 0,
    link: '',
    at,
  };
}

async function get(sources: ApiSources, { project }: QueryContext, id: string): Promise<StoredChannel> {
  const found = await findChannel(sources.catalog, { project, id });
  if (found === undefined) throw unknown(id);
  return found;
}

/** Refuses an address that is never allowed, and a password that would be sent without TLS. Both are checked again for each message, when the name is looked up. */
function checkSettings(settings: ChannelSettings, reach: Reach): void {
  const [name, problem] =
    settings.type === 'email'
      ? ['host', findHostProblem(settings.host, reach)]
      : settings.type === 'alertmanager'
        ? ['baseUrl', findUrlProblem(settings.baseUrl, reach)]
        : 'url' in settings
          ? ['url', findUrlProblem(settings.url, reach)]
          : ['', undefined];
  if (settings.type === 'email') {
    const unsafe = findPasswordProblem(settings);
    if (unsafe !== undefined)
      throw new SightlineError('bad_channel', `The password in "settings.password" ${unsafe}.`, {
        hint: 'Set "security" to starttls (port 587) or tls (port 465). See docs/alert-channels.md.',
      });
  }
  if (problem === undefined) return;
  throw new SightlineError(
    'bad_channel',
    `The address in "settings.${name}" cannot be used: it ${problem}.`,
    {
      hint: 'The operator of the server allows networks that are not public with --channel-network. See docs/alert-channels.md.',
    },
  );
}

function nameTaken(name: string): SightlineError {
  return new SightlineError('bad_request', `There is a channel "${name}" already.`, {
    hint: 'Choose another name.',
  });
}

function unknown(id: string): SightlineError {
  return new SightlineError('not_found', `No channel has the id "${id}".`, {
    hint: 'GET /api/v1/channels lists them.',
  });
}

function describe({ id, name, settings, createdAt, updatedAt }: StoredChannel): ChannelView {
  return {
    id,
    name,
    settings: maskSecrets(settings),
    createdAt: formatNanos(nanosFromMs(createdAt.getTime())),
    updatedAt: formatNanos(nanosFromMs(updatedAt.getTime())),
  };
}
