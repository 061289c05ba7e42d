/** What people narrow runs by: values that are counted, and amounts that are chosen from a few steps. */
import type { Run } from '@sightline/schema/api';
import { parseFilter } from '@sightline/schema/filter';
import { listedRuns } from './compare-words.ts';
import { addTerm } from './filter-text.ts';

/** Counted by the server, in the order shown. */
export const runFacetLabels: Readonly<Record<string, string>> = {
  agent: 'Agent',
  model: 'Model',
  user: 'User',
  'resource.service.version': 'Version',
  'attr.gen_ai.prompt.name': 'Prompt',
  tag: 'Tag',
};

/** Facets that are parameters of the page rather than terms of its filter. */
export const exactFacets = {
  agent: 'agent',
  model: 'model',
  user: 'user',
  'resource.service.version': 'version',
} as const;
export type ExactFacet = keyof typeof exactFacets;

export function exactFacet(field: string): ExactFacet | undefined {
  return Object.hasOwn(exactFacets, field) ? (field as ExactFacet) : undefined;
}

/** Traces in which an agent, a model or a tool was at work. */
const isRun = '(operation:llm OR operation:agent OR operation:tool)';

/** The filter with what the page is narrowed to besides, so that the counts are those of the list. */
export function facetFilter(
  filter: string,
  exact: Readonly<Partial<Record<string, string>>>,
): { readonly shown: string; readonly asked: string } {
  const { status, ...others } = { ...exact };
  let shown = filter;
  for (const [field, name] of Object.entries(exactFacets)) {
    const value = others[name];
    if (value !== undefined) shown = addTerm(shown, field, value, 'include');
    delete others[name];
  }
  const { q = '' } = listedRuns(shown, others);
  const asked =
    status === undefined ? q : addTerm(q, status === 'error' ? 'status' : '-status', 'error', 'include');
  return { shown, asked: asked === '' ? isRun : `(${asked}) ${isRun}` };
}

const scoresMax = 6;

/** The scores that runs have, as fields of a filter; what people said first. */
export function scoreFieldsOf(runs: readonly Pick<Run, 'scores'>[]): readonly string[] {
  const names = new Set(runs.flatMap(({ scores }) => scores.map(({ name }) => name)));
  return [...names]
    .toSorted((a, b) => Number(b === 'user_feedback') - Number(a === 'user_feedback'))
    .filter((name) => /^[\w.-]+$/.test(name))
    .slice(0, scoresMax)
    .map((name) => `score.${name}`);
}

export interface AmountFacet {
  readonly label: string;
  readonly steps: readonly { readonly label: string; readonly term: string }[];
}

/** Cost, duration and judgements have too many values to list. */
export function amountFacets(scoreFields: readonly string[]): readonly AmountFacet[] {
  return [
    {
      label: 'Cost',
      steps: ['0.01', '0.1', '1'].map((usd) => ({ label: `over $${usd}`, term: `trace.cost>${usd}` })),
    },
    {
      label: 'Duration',
      steps: [
        { label: 'over 5 s', term: 'trace.duration>5s' },
        { label: 'over 30 s', term: 'trace.duration>30s' },
        { label: 'over 2 min', term: 'trace.duration>2m' },
      ],
    },
    {
      label: 'Score',
      steps: scoreFields.map((field) => ({
        label:
          field === 'score.user_feedback' ? 'feedback: bad' : `${field.slice('score.'.length)} below 0.5`,
        term: `${field}<0.5`,
      })),
    },
  ].filter(({ steps }) => steps.length > 0);
}

/** Adds a term, or takes it away where it stands. One step of an amount takes the place of another. */
export function toggleAmount(filter: string, facet: AmountFacet, term: string): string {
  const isOn = hasAmount(filter, term);
  const rest = facet.steps.reduce((text, step) => withoutWord(text, step.term), filter);
  if (isOn) return rest;
  const parsed = parseFilter(rest);
  const base = parsed.ok && parsed.value.type === 'or' ? `(${rest})` : rest;
  return base === '' ? term : `${base} ${term}`;
}

export function hasAmount(filter: string, term: string): boolean {
  return wordPattern(term).test(filter);
}

function withoutWord(filter: string, word: string): string {
  return filter.replace(wordPattern(word), '').trim();
}

/** The word by itself, with the space before it. */
function wordPattern(word: string): RegExp {
  return new RegExp(`(?:^|\\s+)${word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?=\\s|$)`);
}
