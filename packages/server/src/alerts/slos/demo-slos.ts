/** SLOs that come and go with the demo data. */
import { demoSlos, sloInput } from '@sightline/schema/api';
import type { CatalogDatabase } from '../../catalog/catalog-database.ts';
import { listSlos, slosMax } from '../../catalog/slos.ts';
import { addSlo, removeSlo } from './change-slo.ts';

/** An SLO of the same name that is there already stays as it is, and goes with the demo only where it is the demo's. */
export async function keepDemoSlos(db: CatalogDatabase, project: string, isLoaded: boolean): Promise<void> {
  await db.transaction(async (tx) => {
    const known = await listSlos(tx, project);
    for (const slo of demoSlos) {
      const same = known.find((each) => each.slo.name === slo.name);
      if (isLoaded && same === undefined && known.length + demoSlos.length <= slosMax)
        await addSlo(tx, project, sloInput.parse(slo));
      if (!isLoaded && same?.slo.labels['demo'] === 'true') await removeSlo(tx, same);
    }
  });
}
