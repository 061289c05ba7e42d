/** A rule as a person fills it in: all text, read to what the API takes. */
import type { Evaluator, EvaluatorType } from '@sightline/schema/api';

export const evaluatorTypes: readonly {
  readonly type: EvaluatorType;
  readonly label: string;
  readonly about: string;
}[] = [
  {
    type: 'groundedness',
    label: 'Groundedness',
    about: 'How much of the answer the retrieved documents say, by overlap of words.',
  },
  {
    type: 'refusal',
    label: 'Refusal',
    about: 'Whether the model declined to answer. The average is the share of refusals.',
  },
  {
    type: 'language',
    label: 'Language',
    about: 'Which language the answer is in, and whether it is the expected one.',
  },
  { type: 'regex', label: 'Regular expression', about: 'Whether the answer matches.' },
  { type: 'exact', label: 'Exact match', about: 'Whether the answer is the expected text.' },
  { type: 'json_schema', label: 'JSON schema', about: 'Whether the answer is JSON of this shape.' },
  { type: 'latency', label: 'Latency budget', about: 'Whether the run was quick enough.' },
  {
    type: 'cost',
    label: 'Cost budget',
    about: 'Whether the run was cheap enough. An unknown cost is not judged.',
  },
  {
    type: 'judge',
    label: 'Model as judge',
    about: 'Asks a model by your criterion. Its tokens and cost are counted.',
  },
];

export type EvaluatorDraft = Readonly<Record<string, string>> & { readonly type: EvaluatorType };

const drafts: Readonly<Record<EvaluatorType, Readonly<Record<string, string>>>> = {
  exact: { expected: '', ignoreCase: 'yes' },
  regex: { pattern: '', mustMatch: 'yes' },
  json_schema: { schema: '{\n  "type": "object"\n}' },
  latency: { maxMs: '5000' },
  cost: { maxUsd: '0.05' },
  groundedness: { threshold: '0.6' },
  refusal: {},
  language: { expected: 'en' },
  judge: {
    protocol: 'openai',
    url: 'https://api.openai.com/v1',
    model: '',
    keyVariable: 'OPENAI_API_KEY',
    criterion:
      'Does the answer say only what the documents support? 1: everything is supported, 0: it is made up.',
    passAt: '0.5',
    lowerIsBetter: 'no',
  },
};

export function newDraft(type: EvaluatorType, kept: Readonly<Record<string, string>> = {}): EvaluatorDraft {
  const {
    name = type === 'json_schema' ? 'valid_json' : type,
    q = '',
    samplePercent = '100',
    enabled = 'yes',
  } = kept;
  return { ...drafts[type], name, q, samplePercent, enabled, type };
}

export function draftOf({ name, q, sampleRate, enabled, settings }: Evaluator): EvaluatorDraft {
  const given = Object.entries(settings).flatMap(([key, value]): [string, string][] => {
    if (value === undefined || key === 'type' || Array.isArray(value)) return [];
    if (typeof value === 'boolean') return [[key, value ? 'yes' : 'no']];
    return [[key, typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value)]];
  });
  return {
    ...drafts[settings.type],
    ...Object.fromEntries(given),
    name,
    q,
    samplePercent: String(Math.round(sampleRate * 1e4) / 100),
    enabled: enabled ? 'yes' : 'no',
    type: settings.type,
  };
}

const numbers = new Set(['maxMs', 'maxUsd', 'threshold', 'passAt', 'maxOutputTokens', 'timeoutMs']);
const flags = new Set(['ignoreCase', 'mustMatch', 'lowerIsBetter']);
const general = new Set(['name', 'q', 'samplePercent', 'enabled', 'type']);

/** The body of the request, or what is wrong with a field. */
export function readDraft(draft: EvaluatorDraft): { readonly rule: unknown } | { readonly problem: string } {
  const settings: Record<string, unknown> = { type: draft.type };
  for (const [key, text] of Object.entries(draft)) {
    if (general.has(key)) continue;
    if (numbers.has(key)) {
      const number = Number(text);
      if (text.trim() === '' || !Number.isFinite(number)) return { problem: `"${text}" is not a number.` };
      settings[key] = number;
    } else if (flags.has(key)) settings[key] = text === 'yes';
    else if (key === 'schema') {
      try {
        settings[key] = JSON.parse(text) as unknown;
      } catch {
        return { problem: 'The schema is not JSON.' };
      }
    } else if (text.trim() !== '') settings[key] = text;
  }
  const percent = Number(draft['samplePercent']);
  if (!(percent >= 0 && percent <= 100)) return { problem: 'The sample is a percentage from 0 to 100.' };
  const { name = '', q = '', enabled } = draft;
  return { rule: { name, q, enabled: enabled === 'yes', sampleRate: percent / 100, settings } };
}
