import type { Channel } from '../notification.ts';
import type { ChannelKit } from './channel-kit.ts';
import { describeNotification } from './message.ts';

/** The server's own log: for trying rules, and for those who watch logs already. */
export function logChannel({ log }: Pick<ChannelKit, 'log'>): Channel {
  return {
    deliver: async (notification) => {
      const { title, alerts, more, link, facts } = describeNotification(notification);
      const level = notification.status === 'firing' ? levels[notification.severity] : 'info';
      const described = Object.fromEntries(facts.map(([name, value]) => [name.toLowerCase(), value]));
      const lines = alerts.map(({ state, summary, labels, detail }) => ({ state, summary, labels, detail }));
      log[level]({ alert: { ...described, link, more, alerts: lines } }, title);
      return { kind: 'delivered' };
    },
  };
}

const levels = { critical: 'error', warning: 'warn', info: 'info' } as const;
