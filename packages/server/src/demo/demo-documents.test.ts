import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alertRuleInput, newPromptVersion } from '@sightline/schema/api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAlertRule } from '../catalog/alert-rules.ts';
import { type Catalog, openCatalog } from '../catalog/catalog.ts';
import { listDatasets } from '../catalog/datasets.ts';
import { createExperiment, listExperiments } from '../catalog/experiments.ts';
import { listPrompts, savePromptVersion } from '../catalog/prompts.ts';
import { listSlos } from '../catalog/slos.ts';
import { makeDemoDocuments, removeDemoDocuments } from './demo-documents.ts';

const directory = mkdtempSync(join(tmpdir(), 'sightline-demo-documents-'));
let catalog: Catalog;
beforeAll(async () => {
  catalog = await openCatalog({ directory });
  await catalog.query("INSERT INTO projects (id, name) VALUES ('shop', 'Shop'), ('ours', 'Ours')");
});
afterAll(async () => {
  await catalog.close();
  rmSync(directory, { recursive: true });
});

const thereIs = async (project: string) => ({
  slos: (await listSlos(catalog, project)).length,
  prompts: (await listPrompts(catalog, project)).map(({ name }) => name),
  datasets: (await listDatasets(catalog, project)).map(({ name, itemCount }) => `${name} ${itemCount}`),
  experiments: (await listExperiments(catalog, { project, dataset: undefined, limit: 10 })).map(
    ({ state, results, isBaseline }) => `${state} ${results}${isBaseline ? ' baseline' : ''}`,
  ),
});

it('makes documents once, and takes all of them away', async () => {
  expect(await makeDemoDocuments(catalog, 'shop')).toEqual({
    slos: 2,
    prompts: 2,
    datasets: 1,
    experiments: 2,
  });
  expect(await makeDemoDocuments(catalog, 'shop')).toEqual({
    slos: 0,
    prompts: 0,
    datasets: 0,
    experiments: 0,
  });
  const made = await thereIs('shop');
  expect(made).toMatchObject({
    slos: 2,
    prompts: ['research-agent/plan', 'support-agent/answer'],
    datasets: ['support-questions-demo 12'],
  });
  expect(made.experiments.toSorted()).toEqual(['done 12', 'done 12 baseline']);
  await removeDemoDocuments(catalog, 'shop');
  expect(await thereIs('shop')).toEqual({ slos: 0, prompts: [], datasets: [], experiments: [] });
});

it('makes the others where a rule has the name of one that an SLO would make', async () => {
  await catalog.query("INSERT INTO projects (id, name) VALUES ('named', 'Named')");
  const rule = alertRuleInput.parse({ name: 'SLO Runs succeed (demo) burns fast', query: 'count > 3' });
  await createAlertRule(catalog, 'named', { rule });
  expect(await makeDemoDocuments(catalog, 'named')).toMatchObject({ slos: 1, prompts: 2, datasets: 1 });
});

it('leaves what others have, or have added to', async () => {
  const ownVersion = newPromptVersion.parse({
    name: 'support-agent/answer',
    content: { messages: [{ role: 'system', content: 'Ours.' }] },
  });
  await makeDemoDocuments(catalog, 'ours');
  await savePromptVersion(catalog, 'ours', ownVersion);
  const [dataset] = await listDatasets(catalog, 'ours');
  await createExperiment(catalog, 'ours', {
    name: 'ours',
    description: '',
    split: '',
    target: { kind: 'program', name: 'ours' },
    evaluators: [],
    lowerIsBetter: [],
    repeats: 1,
    concurrency: 1,
    metadata: {},
    datasetId: dataset?.id ?? '',
    datasetVersion: 1,
    planned: 12,
  });
  await removeDemoDocuments(catalog, 'ours');
  expect(await thereIs('ours')).toEqual({
    slos: 0,
    prompts: ['support-agent/answer'],
    datasets: ['support-questions-demo 12'],
    experiments: ['running 0'],
  });
});
