import type { RowFormat } from '@sightline/schema/api';
import { storedApiKey } from './api-key.ts';
import { queryString, request, type Parameters } from './client.ts';

export type SavedList =
  | 'runs'
  | 'traces'
  | 'sessions'
  | 'users'
  | 'logs'
  | 'models'
  | 'agents'
  | 'tools'
  | 'errors'
  | 'metrics'
  | 'checks'
  | 'prompts'
  | 'datasets'
  | 'experiments'
  | 'alert-history'
  | 'mcp-servers'
  | 'stages'
  | 'compared-items';

/**
 * Saves all rows of a list as a file. The browser writes it to the disk as it comes; a download cannot carry a key, so
 * with one the file is fetched first.
 */
export async function saveRows(path: string, format: RowFormat, asked: Parameters): Promise<void> {
  await saveAnswer(`${path}${queryString({ ...asked, format })}`, '');
}

/** Saves what the API answers as a file; an empty name leaves it to the server. */
export async function saveAnswer(path: string, fileName: string): Promise<void> {
  if (storedApiKey() === undefined) {
    download(`/api/v1${path}`, fileName);
    return;
  }
  const response = await request(path, {});
  const [, name = fileName] =
    /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '') ?? [];
  const address = URL.createObjectURL(await response.blob());
  download(address, name);
  // The download has begun when the next task runs.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

function download(address: string, name: string): void {
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
}
