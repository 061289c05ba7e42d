import { type ChannelSettings, secretMask } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';

/** A secret within settings: how it is replaced, and by what mask it is shown. */
interface SecretPlace {
  readonly value: string;
  readonly mask: string;
  /** Where it stands, as a user reads it. */
  readonly name: string;
}

type Replace = (place: SecretPlace) => string;

/** The one list of what is secret. */
function mapSecrets(settings: ChannelSettings, replace: Replace): ChannelSettings {
  const whole = (name: string, value: string): string => replace({ name, value, mask: secretMask });
  const url = (value: string): string => replace({ name: 'url', value, mask: maskUrl(value) });
  const optional = <Name extends string>(
    name: Name,
    value: string | undefined,
  ): { readonly [N in Name]?: string } =>
    (value === undefined ? {} : { [name]: whole(name, value) }) as { readonly [N in Name]?: string };
  switch (settings.type) {
    case 'webhook':
      return {
        ...settings,
        url: url(settings.url),
        secrets: settings.secrets.map((value, index) =>
          replace({ name: `secrets[${index}]`, value, mask: `${secretMask}${index + 1}` }),
        ),
        headers: Object.fromEntries(
          Object.entries(settings.headers).map(([name, value]) => [name, whole(`headers.${name}`, value)]),
        ),
      };
    case 'slack_webhook':
    case 'teams':
    case 'discord':
      return { ...settings, url: url(settings.url) };
    case 'slack_bot':
      return { ...settings, token: whole('token', settings.token) };
    case 'email':
      return { ...settings, ...optional('password', settings.password) };
    case 'pagerduty':
      return { ...settings, routingKey: whole('routingKey', settings.routingKey) };
    case 'opsgenie':
      return { ...settings, apiKey: whole('apiKey', settings.apiKey) };
    case 'alertmanager':
      return { ...settings, ...optional('token', settings.token) };
    case 'log':
      return settings;
  }
}

/** Receivers have their secret in the path: where it is, is shown. */
const maskUrl = (url: string): string => `${new URL(url).origin}/${secretMask}`;

export const maskSecrets = (settings: ChannelSettings): ChannelSettings =>
  mapSecrets(settings, ({ mask }) => mask);

export function secretsOf(settings: ChannelSettings): readonly string[] {
  const found: string[] = [];
  mapSecrets(settings, ({ value, name }) => {
    found.push(value);
    // Receivers say the path, too.
    if (name === 'url') found.push(new URL(value).pathname);
    return value;
  });
  // As they go over the wire to a mail server, which may repeat a command that it does not take.
  if (settings.type === 'email' && settings.password !== undefined)
    for (const sent of [settings.password, `\0${settings.user ?? ''}\0${settings.password}`])
      found.push(Buffer.from(sent).toString('base64'));
  // A single character, or the path of a bare host, stands in every sentence.
  return found.filter((secret) => secret.length > 3).toSorted((a, b) => b.length - a.length);
}

/**
 * Settings as they are to be stored: a mask becomes the secret that it stands for. Only towards the receiver that has the secret already: whoever may change a channel must
 * not read its secrets by sending them elsewhere.
 * @throws SightlineError `bad_channel`.
 */
export function unmaskSecrets(given: ChannelSettings, stored: ChannelSettings | undefined): ChannelSettings {
  const kept = new Map<string, string>();
  if (stored?.type === given.type)
    mapSecrets(stored, ({ name, mask, value }) => {
      kept.set(`${placeOf(name)} ${mask}`, value);
      return value;
    });
  const unmasked = mapSecrets(given, ({ name, value }) => {
    if (!value.includes(secretMask)) return value;
    const secret = kept.get(`${placeOf(name)} ${value}`);
    if (secret !== undefined) return secret;
    throw badChannel(`"settings.${name}" is ${secretMask}, but no secret is stored for it.`);
  });
  if (stored !== undefined && destinationOf(unmasked) !== destinationOf(stored)) {
    mapSecrets(given, ({ name, value }) => {
      if (value.includes(secretMask))
        throw badChannel(
          `"settings.${name}" is ${secretMask}, but the channel leads to another receiver now.`,
        );
      return value;
    });
  }
  return unmasked;
}

/** Of several secrets the mask says which, so that they can change places. */
const placeOf = (name: string): string => name.replace(/\[\d\]$/, '');

/** Whom the secrets are told. */
function destinationOf(settings: ChannelSettings): string {
  if (settings.type === 'webhook') return settings.url;
  if (settings.type === 'email') return `${settings.host}:${settings.port} ${settings.security}`;
  return settings.type === 'alertmanager' ? settings.baseUrl : '';
}

function badChannel(message: string): SightlineError {
  return new SightlineError('bad_channel', message, {
    hint: 'Give the secret itself. See docs/alert-channels.md.',
  });
}
