/** Scheduled reports as files of the data directory: the newest of each schedule. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Files that are kept of a schedule. */
const filesMax = 60;

export interface ReportFile {
  readonly directory: string;
  readonly scheduleId: string;
  readonly name: string;
  /** Of the end of the period: the same report is written over itself. */
  readonly time: string;
  readonly html: string;
}

/** Written whole, or not at all. */
export async function keepReportFile({ directory, scheduleId, name, time, html }: ReportFile): Promise<void> {
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40);
  // Names of schedules may be alike without their signs; their ids are not.
  const mark = createHash('sha256').update(scheduleId).digest('hex').slice(0, 8);
  const ending = `-${slug || 'report'}-${mark}.html`;
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${time.slice(0, 19).replaceAll(':', '')}${ending}`);
  await writeFile(`${path}.part`, html);
  await rename(`${path}.part`, path);
  const own = (await readdir(directory)).filter((file) => file.endsWith(`-${mark}.html`)).toSorted();
  for (const file of own.slice(0, Math.max(0, own.length - filesMax)))
    await rm(join(directory, file), { force: true });
}
