/** `https://<key>@<host>[/<path>]/<project>`: where a Sentry takes what is sent, and with which key. */
import { secretMask } from '@sightline/schema/api';

export interface SentryDsn {
  readonly envelopeUrl: string;
  readonly authorization: string;
}

const client = 'sightline.forward/1';

/** Undefined where it is none. */
export function readDsn(dsn: string): SentryDsn | undefined {
  if (!URL.canParse(dsn)) return undefined;
  const { protocol, username, password, host, pathname, search, hash } = new URL(dsn);
  const [, path = '', project] = /^(\/[\w./-]*?)?\/(\d{1,20})\/?$/.exec(pathname) ?? [];
  const isKey = (key: string): boolean => /^\w{1,64}$/.test(key);
  if (protocol !== 'http:' && protocol !== 'https:') return undefined;
  if (project === undefined || !isKey(username) || search !== '' || hash !== '') return undefined;
  if (password !== '' && !isKey(password)) return undefined;
  const secret = password === '' ? '' : `, sentry_secret=${password}`;
  return {
    envelopeUrl: `${protocol}//${host}${path}/api/${project}/envelope/`,
    authorization: `Sentry sentry_version=7, sentry_client=${client}, sentry_key=${username}${secret}`,
  };
}

/** Without the key, as it is shown. */
export function maskDsn(dsn: string): string {
  const url = new URL(dsn);
  return `${url.protocol}//${secretMask}@${url.host}${url.pathname}`;
}
