/** SLOs that come and go with the demo data, and count nothing else. */
import { sloInput, type SloInput } from '@sightline/schema/api';
import type { CatalogDatabase } from '../../catalog/catalog-database.ts';
import { listSlos, slosMax } from '../../catalog/slos.ts';
import { addSlo, removeSlo } from './change-slo.ts';

const where = 'resource.sightline.demo:sightline-demo-data';
const demoSlos: readonly SloInput[] = [
  sloInput.parse({
    name: 'Runs succeed (demo)',
    description: 'Runs of the demo that do not fail.',
    objective: 0.95,
    indicator: { kind: 'availability', of: 'runs', where },
    labels: { demo: 'true' },
  }),
  sloInput.parse({
    name: 'Calls begin to answer fast (demo)',
    description: 'Calls of models whose first token comes within a second.',
    objective: 0.9,
    indicator: { kind: 'latency', of: 'calls', where, measure: 'ttft', withinMs: 1_000 },
    alerts: 'ticket',
    labels: { demo: 'true' },
  }),
];

/** An SLO of the same name that is there already stays as it is, and goes with the demo only where it is the demo's. */
export async function keepDemoSlos(db: CatalogDatabase, project: string, isLoaded: boolean): Promise<void> {
  await db.transaction(async (tx) => {
    const known = await listSlos(tx, project);
    for (const slo of demoSlos) {
      const same = known.find((each) => each.slo.name === slo.name);
      if (isLoaded && same === undefined && known.length + demoSlos.length <= slosMax)
        await addSlo(tx, project, slo);
      if (!isLoaded && same?.slo.labels['demo'] === 'true') await removeSlo(tx, same);
    }
  });
}
