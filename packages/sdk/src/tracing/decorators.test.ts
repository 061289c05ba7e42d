/** The decorators as a user's build has them: compiled by tsc against the published types, run as JavaScript. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt, packageRoot } from '../test/built-package.ts';

const run = promisify(execFile);
const root = join(packageRoot, '../..');

beforeAll(ensureBuilt, 60_000);

describe('@traced and the metric decorators', () => {
  it('work compiled to ES2022, on methods, generators and statics', async () => {
    const outDir = join(packageRoot, 'dist/decorated');
    const source = join(packageRoot, 'src/test/compiled/decorated.ts');
    const options =
      '--target es2022 --module nodenext --strict --skipLibCheck --types node --ignoreConfig'.split(' ');
    await run(process.execPath, [
      join(root, 'node_modules/typescript/bin/tsc'),
      source,
      ...options,
      '--rootDir',
      join(packageRoot, 'src/test/compiled'),
      '--outDir',
      outDir,
    ]);
    const { stdout } = await run(process.execPath, [join(outDir, 'decorated.js')]);
    const { answers, metrics, spans } = JSON.parse(stdout) as Record<string, unknown>;
    expect(answers).toEqual(['open', 24, ['novels', 'poems'], 1, 2, 'RangeError: Nothing to pay.']);
    expect(metrics).toMatchObject({ 'price.duration': [2], 'price.calls': [2], 'checkout.errors': [1] });
    expect(spans).toEqual([
      { name: 'Shop.open', result: 'open', failed: false },
      { name: 'Shop.price', parent: 'checkout', result: '12', failed: false },
      { name: 'Shop.price', parent: 'checkout', result: '12', failed: false },
      { name: 'checkout', result: '24', failed: false },
      { name: 'Shop.shelves', items: 2, failed: false },
      { name: 'Shop.deliveries', items: 2, failed: false },
      { name: 'checkout', failed: true },
    ]);
  });
});
