/** docs/replay.md as a script: its files are written, changed and run in the order of the page. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';

const run = promisify(execFile);

export const readReplayPage = async (): Promise<string> =>
  readFile(path.join(import.meta.dirname, '../../../../docs/replay.md'), 'utf8');

/** A block that begins with the name of a file is written, a diff is applied, other lines of the shell are run. */
export function scriptOf(page: string): string {
  const parts: string[] = [];
  for (const [, language, block = ''] of page.matchAll(/^```(\w+)\n(.*?)^```/gms)) {
    const [, file] = /^(?:\/\/|#) (\S+\.(?:mjs|sh))\n/.exec(block) ?? [];
    if (language === 'diff') parts.push(changeOf(file ?? '', block));
    else if (file !== undefined) parts.push(`cat > ${file} <<'END_OF_FILE'\n${block}END_OF_FILE`);
    else if (language === 'sh') parts.push(block);
  }
  expect(parts.length).toBeGreaterThan(10);
  return parts.join('\n');
}

/** Each line that goes is in the file once. */
function changeOf(file: string, block: string): string {
  const lines = (mark: string) =>
    [...block.matchAll(new RegExp(`^\\${mark}(.*)$`, 'gm'))].map(([, line = '']) => line);
  const change = { before: lines('-').join('\n'), after: lines('+').join('\n') };
  const code = `const fs = require('node:fs'), { before, after } = ${JSON.stringify(change)}, text = fs.readFileSync('${file}', 'utf8');
if (text.split(before).length !== 2) throw new Error('${file} does not hold ' + before);
fs.writeFileSync('${file}', text.replace(before, () => after));`;
  return `node <<'END_OF_CODE'\n${code}\nEND_OF_CODE`;
}

export async function runScript(
  script: string,
  {
    folder,
    env,
    sightline,
  }: { readonly folder: string; readonly env: NodeJS.ProcessEnv; readonly sightline: string },
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  await writeFile(path.join(folder, 'page.sh'), `set -e; sightline() { ${sightline} "$@"; }\n${script}`);
  return run('bash', ['page.sh'], { cwd: folder, env, timeout: 300_000, maxBuffer: 16_000_000 }).catch(
    (error: unknown) => {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`${stdout}\n${stderr}`, { cause: error });
    },
  );
}

/** What the page promises of its lines, where each of them was run. */
export function expectAllOf(stdout: string, stderr: string): void {
  expect(stderr).toContain("Cannot read properties of undefined (reading 'toFixed')");
  expect(stderr).toContain('nothing diverged');
  expect(stdout).toContain('ended with 5');
  expect(stdout).toMatch(/fail 1\b[^]*red, as it should be[^]*pass 1\b/);
  expect(stdout).toContain('The answer is the same.');
  expect(stdout).toMatch(/50 runs replayed[^]*pass rate +\d+ % → 100 %[^]*The gate passes\./);
}
