/** A channel of any kind, ready to deliver. */
import type { lookup } from 'node:dns';
import { type Clock, msFromNanos } from '@sightline/base';
import { type ChannelSettings, takesReports } from '@sightline/schema/api';
import type { Reach } from '../../outbound/reach.ts';
import type { Channel, Delivery } from '../notification.ts';
import { alertmanager } from './alertmanager.ts';
import type { ChannelKit, Services } from './channel-kit.ts';
import { discord } from './discord.ts';
import { email } from './email.ts';
import { createExchange } from './exchange.ts';
import { logChannel } from './log-channel.ts';
import { opsgenie } from './opsgenie.ts';
import { pagerduty } from './pagerduty.ts';
import { secretsOf } from './secrets.ts';
import { slackBot, slackWebhook } from './slack.ts';
import { teams } from './teams.ts';
import { webhook } from './webhook.ts';

export interface ChannelDeps {
  /** Where receivers may be. */
  readonly reach: Reach;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: ChannelKit['log'];
  /** Told what the receiver said, without the channel's secrets. */
  readonly onAnswer?: (answer: string) => void;
  /** How names are looked up; the system's way unless a test says otherwise. */
  readonly resolve?: typeof lookup;
  /** Where the services are; their own addresses unless a test says otherwise. */
  readonly services?: Services;
  /** Of one request or mail. */
  readonly timeoutMs?: number;
}

const deliveryTimeoutMs = 10_000;

const publicServices: Services = {
  slack: 'https://slack.com/api',
  pagerduty: { us: 'https://events.pagerduty.com', eu: 'https://events.eu.pagerduty.com' },
  opsgenie: { us: 'https://api.opsgenie.com', eu: 'https://api.eu.opsgenie.com' },
};

/** `deliver` does not throw, ends within the time-out of each of its at most two requests, and says no secret of the channel in its reasons. */
export function openChannel(settings: ChannelSettings, deps: ChannelDeps): Channel {
  const { reach, clock, log, resolve, services = publicServices, timeoutMs = deliveryTimeoutMs } = deps;
  const clean = withoutSecrets(secretsOf(settings));
  const onAnswer =
    deps.onAnswer === undefined ? undefined : (answer: string) => deps.onAnswer?.(clean(answer));
  const surroundings = { reach, resolve, timeoutMs, onAnswer };
  const channel = pick(settings, {
    ...surroundings,
    exchange: createExchange(surroundings),
    now: () => new Date(msFromNanos(clock.now())),
    log,
    services,
  });
  return {
    deliver: async (notification, context) => {
      if (notification.status === 'report' && !takesReports(settings.type))
        return { kind: 'refused', reason: `a channel of type ${settings.type} takes no reports` };
      const delivery = await channel.deliver(notification, context).catch((error: unknown): Delivery => {
        log.error({ err: error, type: settings.type }, 'A channel failed in a way that nobody foresaw.');
        return { kind: 'retry', reason: 'the channel failed in a way that nobody foresaw' };
      });
      return delivery.kind === 'delivered' ? delivery : { ...delivery, reason: clean(delivery.reason) };
    },
  };
}

function pick(settings: ChannelSettings, kit: ChannelKit): Channel {
  switch (settings.type) {
    case 'webhook':
      return webhook(settings, kit);
    case 'slack_webhook':
      return slackWebhook(settings, kit);
    case 'slack_bot':
      return slackBot(settings, kit);
    case 'teams':
      return teams(settings, kit);
    case 'discord':
      return discord(settings, kit);
    case 'email':
      return email(settings, kit);
    case 'pagerduty':
      return pagerduty(settings, kit);
    case 'opsgenie':
      return opsgenie(settings, kit);
    case 'alertmanager':
      return alertmanager(settings, kit);
    case 'log':
      return logChannel(kit);
  }
}

/** Receivers may repeat what they were sent. */
function withoutSecrets(secrets: readonly string[]): (text: string) => string {
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '********'), text);
}
