// `npm run dev [-- options of the server]`: the server, which starts again when a source changes, and the UI with hot reloading.
import { join } from 'node:path';
import {
  childEnvironment,
  ensureInstalled,
  ensureClientsPacked,
  ensureWebBuilt,
  nodeBinary,
  root,
  run,
  serverFlags,
} from './lib/workspace.mjs';

ensureInstalled();
ensureWebBuilt();
ensureClientsPacked();

const args = process.argv.slice(2);
const flags = ['--watch', '--watch-preserve-output', ...serverFlags];
const given = args.find((_, index) => args[index - 1] === '--port') ?? process.env.SIGHTLINE_PORT ?? '4300';
const env = childEnvironment({ SIGHTLINE_URL: `http://127.0.0.1:${given}` });
const vite = join(root, 'node_modules/vite/bin/vite.js');
const ends = [
  run(nodeBinary(), [...flags, 'packages/server/src/main.ts', ...args], { env }),
  run(nodeBinary(), [vite, '--clearScreen', 'false'], {
    cwd: join(root, 'packages/web'),
    env,
  }),
];
// One without the other is of no use: what ends first ends both.
const code = await Promise.race(ends);
process.kill(process.pid, 'SIGTERM');
await Promise.all(ends);
process.exit(code);
