/** A report as one file of HTML: no script, nothing fetched, charts inline; for light, dark and paper. */
import { createHash } from 'node:crypto';
import { escapeHtml } from '@sightline/base';
import type { ReportCell, ReportChart, ReportPage, ReportTable } from '@sightline/schema/report';

const style = `
:root { color-scheme: light dark; --text: #1b1f27; --soft: #505766; --line: #e2e4ea; --card: #f6f7f9; --bar: #4667d2; --bad: #b02521; --link: #2c4fbf }
@media screen and (prefers-color-scheme: dark) { :root { --text: #e6e8ee; --soft: #aab0bd; --line: #2b303b; --card: #181b22; --bar: #7d9bff; --bad: #f58c85; --link: #9db4ff } body { background: #101218 } }
body { max-width: 1080px; margin: 0 auto; padding: 32px 16px 64px; font: 15px/1.5 system-ui, sans-serif; color: var(--text) }
h1 { font-size: 26px; margin: 0 } h2 { font-size: 17px; margin: 32px 0 4px; break-after: avoid } p { margin: 4px 0 } .soft { color: var(--soft); font-size: 13px } .sum { font-size: 17px; margin: 16px 0 }
a { color: var(--link); text-decoration: none } a:hover { text-decoration: underline } .scroll { overflow-x: auto } .bad { color: var(--bad); font-weight: 600 }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums } tr { break-inside: avoid }
th { color: var(--soft); font-weight: 400; font-size: 13px; text-align: left; white-space: nowrap } th, td { padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere } .number { text-align: right; white-space: nowrap } td { min-width: 7em } td.number { min-width: 0 } td:first-child { min-width: 11em }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 12px; margin: 16px 0 } figure { margin: 0; padding: 12px; background: var(--card); border-radius: 8px; break-inside: avoid } figcaption { display: flex; justify-content: space-between; gap: 8px; font-size: 13px; color: var(--soft) } svg { display: block; width: 100%; height: 64px; margin-top: 8px } .bar { fill: var(--bar) } .fail { fill: var(--bad) }
@media print { :root { color-scheme: light } body { max-width: none; padding: 0; font-size: 11px } .scroll { overflow: visible } figure, .bar, .fail { print-color-adjust: exact; -webkit-print-color-adjust: exact } td, td:first-child { min-width: 0 } td:last-child { overflow-wrap: break-word } }
`;
const allowed = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/** Names of agents and questions are texts of others: nothing but this style is allowed. */
export const reportPolicy = `${allowed}; frame-ancestors 'none'`;

/** `linkBase` is an address without a slash at its end, or empty. */
export function renderReportHtml(page: ReportPage, linkBase: string): string {
  const { title, period, summary, remarks, charts, tables } = page;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(allowed)}"><meta name="robots" content="noindex"><meta name="referrer" content="no-referrer">
<title>${escapeHtml(`${title}: ${period}`)}</title>
<style>${style}</style></head><body>
<header><h1>${escapeHtml(title)}</h1><p class="soft">${escapeHtml(period)}</p></header>
<main><p class="sum">${escapeHtml(summary)}</p>
${remarks.map((remark) => `<p class="bad">${escapeHtml(remark)}</p>\n`).join('')}<div class="charts">${charts.map(chartHtml).join('\n')}</div>
${tables.map((table) => tableHtml(table, linkBase)).join('\n')}
</main></body></html>
`;
}

function tableHtml({ title, note, source, columns, rows }: ReportTable, linkBase: string): string {
  const classOf = (index: number): string => (columns[index]?.isNumber === true ? ' class="number"' : '');
  const head = columns.map(
    (column, index) => `<th scope="col"${classOf(index)}>${escapeHtml(column.title)}</th>`,
  );
  const body = rows.map(
    (cells) =>
      `<tr>${cells.map((cell, index) => `<td${classOf(index)}>${cellHtml(cell, linkBase)}</td>`).join('')}</tr>`,
  );
  return `<section><h2>${escapeHtml(title)}</h2>
${note === undefined ? '' : `<p class="soft">${escapeHtml(note)}</p>\n`}<div class="scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>
${body.join('\n')}
</tbody></table></div><p class="soft">The same numbers: <a href="${escapeHtml(linkBase + source)}">${escapeHtml(source.split('?')[0] ?? '')}</a></p></section>`;
}

function cellHtml({ text, value, note, path, isBad }: ReportCell, linkBase: string): string {
  const shown = `<bdi>${escapeHtml(text)}</bdi>`;
  // The number to its last digit is in the file, whatever the text rounds.
  const exact = value === undefined ? shown : `<data value="${escapeHtml(String(value))}">${shown}</data>`;
  const linked = path === undefined ? exact : `<a href="${escapeHtml(linkBase + path)}">${exact}</a>`;
  const marked = isBad === true ? `<span class="bad">${linked}</span>` : linked;
  return note === undefined ? marked : `${marked} <span class="soft">${escapeHtml(note)}</span>`;
}

const [width, height, gap] = [480, 64, 1];

function chartHtml({ title, highest, bars }: ReportChart): string {
  const top = Math.max(0, ...bars.map(({ value }) => value ?? 0));
  const step = width / Math.max(1, bars.length);
  const rectangle = (index: number, size: number, name: string): string => {
    const tall = top === 0 || size <= 0 ? 0 : Math.max(1, (size / top) * height);
    return tall === 0
      ? ''
      : `<rect class="${name}" x="${(index * step).toFixed(2)}" y="${(height - tall).toFixed(2)}" width="${Math.max(0.5, step - gap).toFixed(2)}" height="${tall.toFixed(2)}"/>`;
  };
  const drawn = bars.map(
    ({ value, bad }, index) => rectangle(index, value ?? 0, 'bar') + rectangle(index, bad, 'fail'),
  );
  return `<figure><figcaption><span>${escapeHtml(title)}</span><span>at most ${escapeHtml(highest)}</span></figcaption>
<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(`${title} over the period, at most ${highest}`)}">${drawn.join('')}</svg></figure>`;
}
