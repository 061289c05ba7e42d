import { escapeHtml } from '@sightline/base';
import type { Message, MessageAlert } from './message.ts';

/** The two bodies of a mail. Pictures and styles are none that a mail program would have to fetch. */
export function writeMail(message: Message): { readonly text: string; readonly html: string } {
  return { text: asText(message), html: asHtml(message) };
}

function asText({ title, text, facts, alerts, more, link }: Message): string {
  const blocks = [
    title,
    text,
    facts.map(([name, value]) => `${name}: ${value}`).join('\n'),
    ...alerts.map(({ state, summary, labels, detail, link: page, traces }) =>
      [
        `${stateWord(state)}: ${summary || labels || 'no labels'}`,
        ...(summary === '' ? [] : [labels]),
        detail,
        ...(traces.length === 0 ? [] : [`Traces: ${traces.join(', ')}`]),
        page,
      ]
        .filter((line) => line !== '')
        .join('\n  '),
    ),
    more === 0 ? '' : `and ${more} more`,
    link,
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** Tables and inline styles: what every mail program draws. */
function asHtml({ title, text, facts, alerts, more, link }: Message): string {
  const largest = Math.max(...alerts.map(({ value }) => Math.abs(value ?? 0)));
  const cell = 'padding:4px 8px;vertical-align:top;text-align:left';
  return [
    '<!doctype html><html><body style="font-family:sans-serif;font-size:14px;color:#1f2328;margin:16px">',
    `<h1 style="font-size:18px">${escapeHtml(title)}</h1>`,
    text === '' ? '' : `<p>${escapeHtml(text).replaceAll('\n', '<br>')}</p>`,
    '<table style="border-collapse:collapse">',
    ...facts.map(
      ([name, value]) =>
        `<tr><th style="${cell}">${escapeHtml(name)}</th><td style="${cell}">${escapeHtml(value)}</td></tr>`,
    ),
    '</table>',
    alerts.length === 0 ? '' : '<table style="border-collapse:collapse;margin-top:12px">',
    ...alerts.map((alert) => row(alert, { cell, largest })),
    alerts.length === 0 ? '' : '</table>',
    more === 0 ? '' : `<p>and ${more} more</p>`,
    link === '' ? '' : `<p><a href="${escapeHtml(link)}">Open in Sightline</a></p>`,
    '</body></html>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** One alert, with its value as a bar against the largest of the message. */
function row(
  alert: MessageAlert,
  { cell, largest }: { readonly cell: string; readonly largest: number },
): string {
  const { state, summary, labels, detail, value, link, traces } = alert;
  const head = escapeHtml(summary || labels || 'no labels');
  const lines = [
    link === '' ? head : `<a href="${escapeHtml(link)}">${head}</a>`,
    ...[
      ...(summary === '' ? [] : [labels]),
      detail,
      traces.length === 0 ? '' : `Traces: ${traces.join(', ')}`,
    ]
      .filter((line) => line !== '')
      .map(escapeHtml),
  ];
  const width =
    value === null || largest === 0 ? 0 : Math.max(Math.round((Math.abs(value) / largest) * 160), 1);
  const color = state === 'firing' ? '#d1242f' : '#2ea043';
  const bar =
    width === 0 ? '' : `<div style="width:${width}px;height:10px;background:${color};margin-top:4px"></div>`;
  return `<tr style="border-top:1px solid #d0d7de"><td style="${cell};color:${color}">${stateWord(state)}</td><td style="${cell}">${lines.join('<br>')}</td><td style="${cell}">${bar}</td></tr>`;
}

const stateWord = (state: MessageAlert['state']): string => (state === 'firing' ? 'Firing' : 'Resolved');
