/** Rows of a list as text, page by page, in the formats of `rowFormats`. */
import Papa from 'papaparse';
import type { RowFormat } from '../api/row-files.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface RowLimit {
  readonly limit: string;
  readonly message: string;
}

export interface RowWriter {
  readonly contentType: string;
  readonly extension: string;
  readonly head: (columns: readonly string[]) => string;
  /** Empty for no rows. */
  readonly rows: (columns: readonly string[], rows: readonly Row[]) => string;
  /** What stands behind the last row of a file that is not whole. */
  readonly cut: (limits: readonly RowLimit[]) => string;
}

export const rowWriters: Readonly<Record<RowFormat, RowWriter>> = {
  csv: {
    contentType: 'text/csv; charset=utf-8',
    extension: 'csv',
    head: (columns) => csvLines([columns]),
    rows: (columns, rows) => csvLines(rows.map((row) => columns.map((column) => csvCell(row[column])))),
    cut: (limits) => csvLines(limits.map(({ message }) => [`# Not whole: ${message}`])),
  },
  jsonl: {
    contentType: 'application/jsonl; charset=utf-8',
    extension: 'jsonl',
    head: () => '',
    rows: (_columns, rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    // As lists say it.
    cut: (limits) => `${JSON.stringify({ limitsMet: limits })}\n`,
  },
  markdown: {
    contentType: 'text/markdown; charset=utf-8',
    extension: 'md',
    head: (columns) => markdownLine(columns) + markdownLine(columns.map(() => '---')),
    rows: (columns, rows) =>
      rows.map((row) => markdownLine(columns.map((column) => markdownCell(row[column])))).join(''),
    cut: (limits) => limits.map(({ message }) => `\nNot whole: ${markdownText(message)}\n`).join(''),
  },
};

/**
 * Text that a spreadsheet would run, which gets an apostrophe; the wide forms count in Japanese and Chinese versions.
 * Text that is a plain number is none.
 */
const formula = /^(?![+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$)\s*[=+\-@＝＋－＠\t\r]/u;

function csvLines(rows: readonly (readonly unknown[])[]): string {
  if (rows.length === 0) return '';
  return `${Papa.unparse(
    rows.map((cells) => [...cells]),
    { newline: '\r\n', escapeFormulae: formula },
  )}\r\n`;
}

/** Numbers and text as they are, lists and objects as JSON, what is not known as nothing. */
function csvCell(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}

function markdownLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

function markdownCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  return markdownText(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Shows the text itself: nothing in it makes a cell, a link, a picture or a tag. */
function markdownText(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|~&]/g, String.raw`\$&`).replaceAll(/\r\n|[\r\n]/g, '<br>');
}
