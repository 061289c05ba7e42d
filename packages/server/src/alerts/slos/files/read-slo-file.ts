/** SLOs of files: ours, of OpenSLO, of Sloth. */
import { sloInput, type SloInput } from '@sightline/schema/api';
import { LineCounter, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { readOpenSlo } from './read-open-slo.ts';
import { readSloth } from './read-sloth.ts';
import {
  type DraftSlo,
  issuesText,
  type ReadDocuments,
  type SloFormat,
  type SloProblem,
  type YamlDocument,
} from './slo-documents.ts';

export interface SloFile {
  readonly format: SloFormat;
  readonly slos: readonly SloInput[];
  readonly problems: readonly SloProblem[];
  readonly notes: readonly string[];
}

const documentsMax = 1_000;
/** A small file does not become a large one. */
const aliasesMax = 100;

const readers: Readonly<Record<SloFormat, (documents: readonly YamlDocument[]) => ReadDocuments>> = {
  sightline: readOurs,
  openslo: readOpenSlo,
  sloth: readSloth,
};

export function readSloFile(asked: SloFormat | 'auto', text: string): SloFile {
  const { documents, problems } = readDocuments(text);
  const format = asked === 'auto' ? formatOf(documents) : asked;
  if (problems.length > 0) return { format, slos: [], problems, notes: [] };
  if (documents.length === 0)
    return {
      format,
      slos: [],
      problems: [{ place: 'the file', message: 'There is nothing in it.', hint: 'Write a list "slos".' }],
      notes: [],
    };
  const read = readers[format](documents);
  const slos: SloInput[] = [];
  const found: SloProblem[] = [...read.problems];
  for (const { place, slo } of read.drafts) {
    const checked = sloInput.safeParse(slo);
    if (checked.success) slos.push(checked.data);
    else
      found.push({ place, message: issuesText(checked.error), hint: 'SLOs are described in docs/slos.md.' });
  }
  const names = slos.map(({ name }) => name);
  for (const name of new Set(names.filter((each, index) => names.indexOf(each) !== index)))
    found.push({
      place: 'the file',
      message: `Two SLOs are called "${name}".`,
      hint: 'Give each a name of its own.',
    });
  return { format, slos, problems: found, notes: read.notes };
}

function readDocuments(text: string): {
  readonly documents: readonly YamlDocument[];
  readonly problems: readonly SloProblem[];
} {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const list = Array.isArray(parsed) ? parsed.slice(0, documentsMax) : [];
  const problems = list.flatMap(({ errors }) =>
    errors.map(({ message, pos: [offset] }) => ({
      place: `line ${lines.linePos(offset).line}`,
      message,
      hint: 'The file is YAML.',
    })),
  );
  if (problems.length > 0) return { documents: [], problems };
  try {
    const documents = list.flatMap((document): YamlDocument[] => {
      const value: unknown = document.toJS({ maxAliasCount: aliasesMax });
      const offset = document.contents?.range?.[0] ?? 0;
      return value === null ? [] : [{ place: `line ${lines.linePos(offset).line}`, value }];
    });
    return { documents, problems: [] };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { documents: [], problems: [{ place: 'the file', message, hint: 'Write it without aliases.' }] };
  }
}

const marked = z.looseObject({ apiVersion: z.string().optional(), version: z.string().optional() });

function formatOf(documents: readonly YamlDocument[]): SloFormat {
  for (const { value } of documents) {
    const { data } = marked.safeParse(value);
    if (data?.apiVersion?.startsWith('openslo') === true) return 'openslo';
    if (data?.apiVersion?.startsWith('sloth') === true || data?.version?.startsWith('prometheus/') === true)
      return 'sloth';
  }
  return 'sightline';
}

const ourFile = z.strictObject({ slos: z.array(z.unknown()).max(1_000) });

function readOurs(documents: readonly YamlDocument[]): ReadDocuments {
  const drafts: DraftSlo[] = [];
  const problems: SloProblem[] = [];
  for (const { place, value } of documents) {
    const file = ourFile.safeParse(value);
    if (file.success)
      drafts.push(...file.data.slos.map((slo, index) => ({ place: `${place}, SLO ${index + 1}`, slo })));
    else problems.push({ place, message: issuesText(file.error), hint: 'A file has a list "slos".' });
  }
  return { drafts, problems, notes: [] };
}
