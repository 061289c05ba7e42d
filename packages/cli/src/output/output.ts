import { createStyle, type Style, wantsColour } from './style.ts';
import { type Column, renderTable } from './table.ts';

export interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** Where a verb prints: results on standard output, everything about them on standard error. */
export interface Output {
  readonly json: boolean;
  readonly style: Style;
  /** Columns of the terminal; undefined when standard output is not one. */
  readonly width: number | undefined;
  line(text: string): void;
  /** The result as one JSON document, for `--json`. */
  document(value: unknown): void;
  /** One JSON value on one line, for results that keep coming. */
  jsonLine(value: unknown): void;
  bytes(chunk: Uint8Array): Promise<void>;
  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void;
  /** A remark for people: not part of the result. */
  note(text: string): void;
  /** Replaces the status line on a terminal; nothing elsewhere. Empty clears it. */
  status(text: string): void;
  /** How far a task has come, 0 to 1: a bar on a terminal; elsewhere a line for each tenth, with --json nothing. */
  progress(part: number, text: string): void;
}

export function createOutput(
  { stdout, stderr }: Streams,
  options: {
    readonly json: boolean;
    readonly noColour: boolean;
    readonly env: Readonly<Record<string, string | undefined>>;
  },
): Output {
  const style = createStyle(!options.noColour && wantsColour(stdout, options.env));
  const width = stdout.isTTY ? stdout.columns : undefined;
  let statusShown = false;
  let tenthShown = -1;
  const clearStatus = (): void => {
    if (statusShown) stderr.write('\r\u001b[2K');
    statusShown = false;
  };
  const line = (text: string): void => {
    clearStatus();
    stdout.write(`${text}\n`);
  };
  const status = (text: string): void => {
    if (!stderr.isTTY) return;
    clearStatus();
    if (text === '') return;
    stderr.write(text.slice(0, Math.max(10, (stderr.columns ?? 80) - 1)));
    statusShown = true;
  };
  return {
    json: options.json,
    style,
    width,
    line,
    document: (value) => line(JSON.stringify(value, undefined, stdout.isTTY ? 2 : undefined)),
    jsonLine: (value) => line(JSON.stringify(value)),
    bytes: async (chunk) => {
      clearStatus();
      if (stdout.write(chunk)) return;
      await new Promise<void>((resolve) => {
        stdout.once('drain', resolve);
        stdout.once('close', resolve);
      });
    },
    table: (rows, columns) => {
      for (const text of renderTable(rows, columns, { width, title: style.dim })) line(text);
    },
    note: (text) => {
      clearStatus();
      stderr.write(`${text}\n`);
    },
    status,
    progress: (part, text) => {
      const percent = `${Math.floor(part * 100)} %`;
      if (stderr.isTTY) return status(`${renderBar(part)} ${percent.padStart(5)}  ${text}`);
      const tenth = Math.floor(part * 10);
      if (options.json || tenth <= tenthShown) return;
      tenthShown = tenth;
      stderr.write(`${percent}  ${text}\n`);
    },
  };
}

const barWidth = 24;

function renderBar(part: number): string {
  const full = Math.round(Math.min(1, Math.max(0, part)) * barWidth);
  return '█'.repeat(full) + '░'.repeat(barWidth - full);
}
