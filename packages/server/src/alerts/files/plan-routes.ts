import type { AlertRoute } from '@sightline/schema/api';
import type { StoredChannel } from '../../catalog/channels.ts';
import { compileRoutes, logChannelId } from '../find-routes.ts';
import { type Change, changedFields, firstTwice, type Planned, problemOf } from './planned.ts';
import type { FileProblem } from './rule-yaml.ts';

interface PlannedRoutes extends Planned {
  /** With the ids of channels where the file has names. */
  readonly routes: readonly AlertRoute[];
}

/** The list of a file takes the place of the stored one, in its order. Channels are written by name or by id. */
export function planRoutes(
  given: readonly AlertRoute[],
  known: readonly AlertRoute[],
  channels: readonly StoredChannel[],
): PlannedRoutes {
  const problems: FileProblem[] = [];
  const idOf = (channel: string, route: string): string => {
    const found =
      channel === logChannelId
        ? channel
        : (channels.find(({ name }) => name === channel) ?? channels.find(({ id }) => id === channel))?.id;
    if (found === undefined)
      problems.push({
        place: route,
        message: `There is no channel "${channel}".`,
        caret: '',
        hint: `Channels are ${[logChannelId, ...channels.map(({ name }) => name)].join(', ')}.`,
      });
    return found ?? channel;
  };
  const routes = given.map((route) => ({
    ...route,
    channels: route.channels.map((channel) => idOf(channel, route.name)),
  }));
  const twice = firstTwice(routes);
  if (twice !== undefined)
    problems.push({
      place: 'routes',
      message: `Two routes are called "${twice}".`,
      caret: '',
      hint: 'Give each a name of its own.',
    });
  for (const route of routes) {
    try {
      compileRoutes([route]);
    } catch (error) {
      problems.push(problemOf(route.name, error));
    }
  }
  const names = routes.map(({ name }) => name);
  const left = known.map(({ name }) => name).filter((name) => names.includes(name));
  const places = names.filter((name) => left.includes(name));
  const changes = routes.map((route): Change => {
    const before = known.find(({ name }) => name === route.name);
    const fields = [
      ...(before === undefined ? [] : changedFields(before, route)),
      ...(left.indexOf(route.name) === places.indexOf(route.name) ? [] : ['place']),
    ];
    const action = before === undefined ? 'create' : fields.length === 0 ? 'same' : 'change';
    return { part: 'routes', name: route.name, group: '', action, fields };
  });
  for (const { name } of known)
    if (!names.includes(name))
      changes.push({ part: 'routes', name, group: '', action: 'delete', fields: [] });
  return { routes, changes, problems };
}
