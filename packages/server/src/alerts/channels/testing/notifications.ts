import type { AlertLine, Notification } from '../../notification.ts';

export const at = new Date('2026-11-23T10:05:00.000Z');

export function notification(changed: Partial<Notification> = {}): Notification {
  return {
    key: 'rule-7/service=checkout',
    sequence: 1,
    dedupeKey: 'rule-7/service=checkout:1:ops',
    rule: 'error rate of checkout',
    severity: 'critical',
    status: 'firing',
    title: 'error rate of checkout is 12 % (limit 5 %)',
    text: 'The error rate is above its limit since 10:00.',
    labels: { service: 'checkout', 'deployment.environment': 'prod' },
    alerts: [alert({}), alert({ labels: { model: 'claude-sonnet-5' }, value: 0.07, summary: '' })],
    alertCount: 2,
    link: 'https://sightline.example.com/alerts/7',
    at,
    ...changed,
  };
}

export function alert(changed: Partial<AlertLine>): AlertLine {
  return {
    labels: { model: 'gpt-5' },
    state: 'firing',
    value: 0.12,
    since: new Date('2026-11-23T10:00:00.000Z'),
    endedAt: null,
    summary: 'gpt-5 fails',
    link: 'https://sightline.example.com/alerts/7/gpt-5',
    sampleTraces: ['0af7651916cd43dd8448eb211c80319c'],
    ...changed,
  };
}

/** Everything that some receiver takes for more than text. */
export const hostileText = [
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '<!channel> <!here> <@U123> <https://evil.example|click> @everyone @here <@&1> <at>all</at>',
  '**bold** *it* _u_ ~s~ `code` [link](https://evil.example) # head :smile: ||spoiler|| > quote - item 1. item',
  'Bcc: victim@example.com\r\nContent-Type: text/html\r\n\r\n.\r\nQUIT\r\n',
  '\u202Egnp.exe\u202C \u2066x\u2069 \u{E0041} \0 \u001B[31m \uD800 {{ template }} ${env} %s',
].join('\n');

export function hostile(text: string): Notification {
  const labels = { [text]: text, service: text };
  return notification({
    key: text,
    dedupeKey: text,
    rule: text,
    title: text,
    text,
    labels,
    link: `javascript:${text}`,
    alerts: [
      alert({ labels, summary: text, link: 'data:text/html,x', sampleTraces: [text] }),
      ...Array.from({ length: 49 }, (_, n) => alert({ labels: { ...labels, n: String(n) }, summary: text })),
    ],
    alertCount: 10_000,
  });
}
