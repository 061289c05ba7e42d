import { type DashboardInput, dashboardInput, type ImportDashboardResponse } from '@sightline/schema/api';
import { sendJson } from '../../api/client.ts';

/** A dashboard from a file: ours, or one of Grafana as far as its Prometheus panels go. */
export async function readDashboardFile(file: File): Promise<ImportDashboardResponse> {
  let given: unknown;
  try {
    given = JSON.parse(await file.text());
  } catch {
    throw new Error(`${file.name} is not JSON.`);
  }
  if (isGrafana(given)) return sendJson('POST', '/dashboards/import', { grafana: given });
  const read = dashboardInput.safeParse(given);
  if (read.success) return { dashboard: read.data satisfies DashboardInput, left: [] };
  const [issue] = read.error.issues;
  throw new Error(`${file.name} is no dashboard: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}

function isGrafana(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false;
  return 'schemaVersion' in given || ('dashboard' in given && !('panels' in given));
}
