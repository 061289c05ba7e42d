/** A report as a mail: tables with styles of their own, pictures that come along, and a part of plain text. */
import { escapeHtml } from '@sightline/base';
import type { ReportCell, ReportPage, ReportTable } from '@sightline/schema/report';
import type { ReportMail } from '../alerts/notification.ts';
import { barsPng, pictureHeight, pictureWidth } from './bars-png.ts';

/** Gmail cuts mails at 102 kB; the rest of a table is behind the link. */
const rowsMax = 10;

/** `link` leads to the whole report; empty where there is none. */
export function writeReportMail(
  page: ReportPage,
  { linkBase, link }: { readonly linkBase: string; readonly link: string },
): ReportMail {
  const pictures = page.charts.map((chart, index) => ({
    id: `chart-${index}`,
    base64: barsPng(chart).toString('base64'),
  }));
  return { html: asHtml(page, { linkBase, link }), text: asText(page, link), pictures };
}

const soft = 'color:#6b7280;font-size:12px';
const cellStyle = 'padding:3px 10px 3px 0;border-bottom:1px solid #d7dae0;text-align:left;vertical-align:top';
const numberStyle =
  'padding:3px 10px 3px 0;border-bottom:1px solid #d7dae0;text-align:right;vertical-align:top';

function asHtml(
  { title, period, summary, remarks, charts, tables }: ReportPage,
  { linkBase, link }: { readonly linkBase: string; readonly link: string },
): string {
  const open = link === '' ? '' : `<p><a href="${escapeHtml(link)}">Open the whole report</a></p>`;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"></head>',
    '<body style="font-family:sans-serif;font-size:14px;max-width:760px;margin:16px">',
    `<h1 style="font-size:20px;margin:0">${escapeHtml(title)}</h1><p style="${soft}">${escapeHtml(period)}</p>`,
    `<p style="font-size:16px">${escapeHtml(summary)}</p>`,
    ...remarks.map((remark) => `<p style="color:#d24a43">${escapeHtml(remark)}</p>`),
    open,
    ...charts.map(
      ({ title: name, highest }, index) =>
        `<p style="${soft};margin:12px 0 2px">${escapeHtml(name)}, at most ${escapeHtml(highest)}</p><img src="cid:chart-${index}" width="${pictureWidth / 2}" height="${pictureHeight / 2}" style="max-width:100%" alt="${escapeHtml(`${name} over the period, at most ${highest}`)}">`,
    ),
    ...tables.map((table) => tableHtml(table, linkBase)),
    open,
    '</body></html>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function tableHtml({ title, note, columns, rows }: ReportTable, linkBase: string): string {
  const style = (index: number): string => (columns[index]?.isNumber === true ? numberStyle : cellStyle);
  const head = columns.map(
    (column, index) => `<th style="${style(index)};${soft};font-weight:400">${escapeHtml(column.title)}</th>`,
  );
  const body = rows
    .slice(0, rowsMax)
    .map(
      (cells) =>
        `<tr>${cells.map((cell, index) => `<td style="${style(index)}">${cellHtml(cell, linkBase)}</td>`).join('')}</tr>`,
    );
  return [
    `<h2 style="font-size:15px;margin:20px 0 2px">${escapeHtml(title)}</h2>`,
    ...(note === undefined ? [] : [`<p style="${soft};margin:2px 0">${escapeHtml(note)}</p>`]),
    `<table style="border-collapse:collapse"><tr>${head.join('')}</tr>`,
    ...body,
    '</table>',
    ...(rows.length > rowsMax ? [`<p style="${soft}">and ${rows.length - rowsMax} more</p>`] : []),
  ].join('\n');
}

function cellHtml({ text, note, path, isBad }: ReportCell, linkBase: string): string {
  const shown = escapeHtml(text);
  const linked = path === undefined ? shown : `<a href="${escapeHtml(linkBase + path)}">${shown}</a>`;
  const marked = isBad === true ? `<b style="color:#d24a43">${linked}</b>` : linked;
  return note === undefined ? marked : `${marked} <span style="${soft}">${escapeHtml(note)}</span>`;
}

function asText({ title, period, summary, remarks, tables }: ReportPage, link: string): string {
  const blocks = [
    `${title}\n${period}`,
    summary,
    ...remarks,
    ...tables.map(({ title: name, note, columns, rows }) =>
      [
        name.toUpperCase(),
        ...(note === undefined ? [] : [note]),
        ...rows.slice(0, rowsMax).map((cells) => {
          const [first, ...rest] = cells.map((cell, index) =>
            index === 0 ? cell.text : `${columns[index]?.title ?? ''}: ${withNote(cell)}`,
          );
          return `- ${first ?? ''}\n  ${rest.join(', ')}`;
        }),
        ...(rows.length > rowsMax ? [`and ${rows.length - rowsMax} more`] : []),
      ].join('\n'),
    ),
    link,
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

const withNote = ({ text, note }: ReportCell): string => (note === undefined ? text : `${text} (${note})`);
