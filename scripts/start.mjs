// `npm start [-- options]`: installs and builds what is missing, then runs the server.
import {
  childEnvironment,
  ensureInstalled,
  ensureClientsPacked,
  ensureWebBuilt,
  nodeBinary,
  run,
} from './lib/workspace.mjs';

const args = process.argv.slice(2);
ensureInstalled();
if (!args.some((arg) => ['--help', '-h', '--version'].includes(arg))) {
  ensureWebBuilt();
  ensureClientsPacked();
}
// PostgreSQL as WebAssembly would be optimised while it starts, for longer than it then works: 0.6 of 2.8 s of CPU.
const flags = ['--disable-warning=ExperimentalWarning', '--liftoff-only'];
process.exit(
  await run(nodeBinary(), [...flags, 'packages/server/src/main.ts', ...args], { env: childEnvironment() }),
);
