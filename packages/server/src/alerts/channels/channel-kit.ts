import type { ChannelSettings, ChannelType } from '@sightline/schema/api';
import type { Logger } from 'pino';
import type { Exchange, ExchangeOptions } from './exchange.ts';

/** What the channels of every kind are made with. */
export interface ChannelKit extends Pick<ExchangeOptions, 'reach' | 'resolve' | 'timeoutMs' | 'onAnswer'> {
  readonly exchange: Exchange;
  readonly now: () => Date;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly services: Services;
}

/** Where the services are whose address nobody chooses. */
export interface Services {
  readonly slack: string;
  readonly pagerduty: Readonly<Record<'us' | 'eu', string>>;
  readonly opsgenie: Readonly<Record<'us' | 'eu', string>>;
}

export type SettingsOf<Type extends ChannelType> = Extract<ChannelSettings, { type: Type }>;
