/** What comes and goes with demo data beside telemetry: SLOs, prompts under the names that its calls carry, a dataset and two experiments over it. */
import { demoSlos, type DemoDocuments, newPromptVersion, sloInput } from '@sightline/schema/api';
import type { ExperimentScore } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { addSlo, removeSlo } from '../alerts/slos/change-slo.ts';
import type { CatalogDatabase } from '../catalog/catalog-database.ts';
import { addItems, createDataset, deleteDataset, findDataset } from '../catalog/datasets.ts';
import {
  createExperiment,
  deleteExperiment,
  endExperiment,
  findExperiment,
  listExperiments,
  pinBaseline,
  putResults,
} from '../catalog/experiments.ts';
import {
  deletePrompt,
  findPrompt,
  listPromptVersions,
  promptsMax,
  listPrompts,
  savePromptVersion,
} from '../catalog/prompts.ts';
import { listSlos, slosMax } from '../catalog/slos.ts';

/** Who saved the versions of the demo's prompts: a prompt with one of anybody else stays. */
const who = 'Sightline demo';
const datasetName = 'support-questions-demo';
const datasetAbout = 'Questions of customers and what a good answer says. Comes and goes with the demo data.';

const rules =
  'You are the support agent of Larkfield, a shop for bicycles and outdoor gear. Be brief, warm and exact. Look an order up before you speak about it.';
const prompts = [
  {
    name: 'support-agent/answer',
    description: 'Answers customers of the Larkfield shop (demo).',
    versions: [
      { note: 'The first one.', content: `${rules}\n\nThe customer is called {{customer}}.` },
      {
        note: 'Quotes the policy, and hands large refunds over.',
        content: `${rules} Quote the policy you rely on. Refunds above 150 EUR need a human: hand over instead of promising.\n\nThe customer is called {{customer}}.`,
      },
    ],
  },
  {
    name: 'research-agent/plan',
    description: 'Plans a decision of the buying team (demo).',
    versions: [
      {
        note: 'The first one.',
        content:
          'Plan how to find out: {{question}}\nAnswer with a JSON list of steps. Use at least two independent sources for every figure.',
      },
      {
        note: 'Says what could not be found out.',
        content:
          'Plan how to find out: {{question}}\nAnswer with a JSON list of steps. Use at least two independent sources for every figure, and end with a step that says plainly what could not be found out.',
      },
    ],
  },
] as const;

/** Question, what a good answer says, and whether either version of the prompt said it. */
const questions = [
  ['Where is my parcel? Order LF-48213.', 'Looks the order up and names the day of delivery.', true, true],
  ['I want my money back for the Alta jacket.', 'Asks for the order, quotes 30 days.', false, true],
  ['Can I return boots that I wore once?', 'No, unless they are faulty.', false, true],
  ['Why was I charged twice?', 'Looks both payments up; one is a reservation.', true, true],
  ['Refund me 240 EUR for the tent.', 'Hands over to a human.', false, true],
  ['Do you repair Trekker batteries?', 'Yes, at two workshops; offers a slot.', true, true],
  ['What does shipping to Norway cost?', 'Names the price and the customs duty.', true, false],
  ['Is the Alta jacket waterproof?', 'Three layers, 20,000 mm.', true, true],
  ['Cancel order LF-50110.', 'Only where it is not packed yet.', true, true],
  ['My brake squeaks since the repair.', 'Offers a slot free of charge.', false, false],
  ['Can I pay by invoice?', 'Companies can, people cannot.', true, true],
  ['Perfect, thank you!', 'Says goodbye and asks for nothing.', true, true],
] as const;
const experiments = [
  { name: 'Prompt 1 (demo)', column: 2, durationMs: 3_900, costUsd: 0.0071 },
  { name: 'Prompt 2 (demo)', column: 3, durationMs: 4_400, costUsd: 0.0079 },
] as const;

/** What is there already under such a name stays as it is. Says what was made. */
export async function makeDemoDocuments(db: CatalogDatabase, project: string): Promise<DemoDocuments> {
  return {
    slos: await makeSlos(db, project),
    prompts: await makePrompts(db, project),
    ...(await makeExperiments(db, project)),
  };
}

/** Takes away what is the demo's own, and nothing that somebody changed or added to. */
export async function removeDemoDocuments(db: CatalogDatabase, project: string): Promise<void> {
  await db.transaction(async (tx) => {
    for (const each of await listSlos(tx, project))
      if (demoSlos.some(({ name }) => name === each.slo.name) && each.slo.labels['demo'] === 'true')
        await removeSlo(tx, each);
  });
  for (const { name } of prompts) {
    const prompt = await findPrompt(db, { project, name });
    const versions = prompt === undefined ? [] : await listPromptVersions(db, prompt.id);
    if (prompt !== undefined && versions.every((each) => each.who === who))
      await deletePrompt(db, { project, name });
  }
  const dataset = await findDataset(db, { project, name: datasetName });
  if (dataset?.description !== datasetAbout) return;
  const all = await listExperiments(db, { project, dataset: datasetName, limit: experimentsListed });
  const own = all.filter(({ metadata }) => metadata['demo'] === 'true');
  for (const { id } of own) await deleteExperiment(db, { project, id });
  if (own.length === all.length && dataset.version === 1)
    await deleteDataset(db, { project, name: datasetName });
}

const experimentsListed = 1_000;

async function makeSlos(db: CatalogDatabase, project: string): Promise<number> {
  const known = await listSlos(db, project);
  const missing = demoSlos.filter(({ name }) => !known.some(({ slo }) => slo.name === name));
  if (known.length + missing.length > slosMax) return 0;
  let made = 0;
  for (const slo of missing) {
    try {
      await db.transaction(async (tx) => addSlo(tx, project, sloInput.parse(slo)));
      made += 1;
    } catch (error) {
      // Somebody's rule has the name of one that the SLO would make.
      if (!(error instanceof SightlineError) || error.code !== 'bad_rule') throw error;
    }
  }
  return made;
}

async function makePrompts(db: CatalogDatabase, project: string): Promise<number> {
  const known = await listPrompts(db, project);
  const missing = prompts.filter(({ name }) => !known.some((each) => each.name === name));
  if (known.length + missing.length > promptsMax) return 0;
  for (const { name, description, versions } of missing)
    for (const [index, { note, content }] of versions.entries())
      await savePromptVersion(
        db,
        project,
        newPromptVersion.parse({
          name,
          description,
          note,
          who,
          labels: index === versions.length - 1 ? ['production'] : [],
          content: { messages: [{ role: 'system', content }], model: 'claude-sonnet-5' },
        }),
      );
  return missing.length;
}

async function makeExperiments(
  db: CatalogDatabase,
  project: string,
): Promise<Pick<DemoDocuments, 'datasets' | 'experiments'>> {
  const dataset = await createDataset(db, project, { name: datasetName, description: datasetAbout });
  if (dataset === undefined) return { datasets: 0, experiments: 0 };
  await addItems(db, {
    datasetId: dataset.id,
    duplicates: 'skip',
    note: 'Comes with the demo data.',
    items: questions.map(([input, expected], place) => ({
      id: itemId(place),
      input,
      expected,
      metadata: {},
      split: '',
      source: null,
    })),
  });
  for (const each of experiments) await makeExperiment(db, { project, datasetId: dataset.id, each });
  return { datasets: 1, experiments: experiments.length };
}

const itemId = (place: number): string => `question-${String(place + 1).padStart(2, '0')}`;

async function makeExperiment(
  db: CatalogDatabase,
  {
    project,
    datasetId,
    each: { name, column, durationMs, costUsd },
  }: {
    readonly project: string;
    readonly datasetId: string;
    readonly each: (typeof experiments)[number];
  },
): Promise<void> {
  const id = await createExperiment(db, project, {
    name,
    description: 'Answers of the demo shop, judged by its people.',
    split: '',
    target: { kind: 'program', name: 'support-agent' },
    evaluators: [],
    lowerIsBetter: [],
    repeats: 1,
    concurrency: 4,
    metadata: { demo: 'true' },
    datasetId,
    datasetVersion: 1,
    planned: questions.length,
  });
  const results = questions.map((question, place) => {
    const isRight = question[column];
    // Of lengths that differ, by a rule without chance.
    const part = 0.7 + ((place * 7) % 11) / 15;
    return {
      itemId: itemId(place),
      repeat: 0,
      traceId: null,
      output: isRight ? question[1] : 'I am sorry, I could not find that out.',
      error: null,
      durationMs: Math.round(durationMs * part),
      costUsd: costUsd * part,
      inputTokens: Math.round(1_900 * part),
      outputTokens: Math.round(120 * part),
      scores: { correct: scoreOf(isRight ? 1 : 0), tone: scoreOf(Math.min(1, part)) },
    };
  });
  await putResults(db, id, { results, runner: undefined });
  await endExperiment(db, id, { state: 'done', reason: null });
  const stored = await findExperiment(db, { project, id });
  if (stored !== undefined && column === 2) await pinBaseline(db, stored, true);
}

const scoreOf = (value: number): ExperimentScore => ({ value, label: null, comment: null });
