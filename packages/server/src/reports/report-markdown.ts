/** A report as Markdown with tables, as GitHub, GitLab and chats read it. */
import type { ReportCell, ReportPage, ReportTable } from '@sightline/schema/report';

/** `linkBase` is an address without a slash at its end, or empty. */
export function renderReportMarkdown(page: ReportPage, linkBase: string): string {
  const { title, period, summary, remarks, tables } = page;
  const sources = [...new Map(tables.map(({ title: name, source }) => [source, name]))];
  return [
    `# ${escaped(title)}`,
    escaped(period),
    `**${escaped(summary)}**`,
    ...remarks.map((remark) => `> ${escaped(remark)}`),
    ...tables.map((table) => tableMarkdown(table, linkBase)),
    '## Where the numbers come from',
    sources
      .map(([source, name]) => `- ${escaped(name)}: ${link(source.split('?')[0] ?? '', linkBase + source)}`)
      .join('\n'),
    '',
  ].join('\n\n');
}

function tableMarkdown({ title, note, columns, rows }: ReportTable, linkBase: string): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `## ${escaped(title)}\n`,
    ...(note === undefined ? [] : [`${escaped(note)}\n`]),
    line(columns.map((column) => escaped(column.title))),
    line(columns.map(({ isNumber }) => (isNumber === true ? '---:' : '---'))),
    ...rows.map((cells) => line(cells.map((cell) => cellMarkdown(cell, linkBase)))),
  ].join('\n');
}

function cellMarkdown({ text, note, path, isBad }: ReportCell, linkBase: string): string {
  const shown = path === undefined ? escaped(text) : link(text, linkBase + path);
  const marked = isBad === true ? `**${shown}**` : shown;
  return note === undefined ? marked : `${marked} (${escaped(note)})`;
}

/** Addresses are made by us, their parameters encoded: they hold no sign that ends a link. */
const link = (text: string, address: string): string => `[${escaped(text)}](<${address}>)`;

/** Signs that Markdown reads, and addresses that would become links by themselves. */
function escaped(text: string): string {
  return text
    .replace(/[\\`*_{}[\]<>|~&#!@$]/g, (sign) => `\\${sign}`)
    .replace(/:(?=\/\/)/g, '\\:')
    .replace(/\bwww\./gi, (word) => `${word.slice(0, -1)}\\.`);
}
