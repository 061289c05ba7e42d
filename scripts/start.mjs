// `npm start [-- options]`: installs and builds what is missing, then runs the server.
import { childEnvironment, ensureInstalled, ensureWebBuilt, nodeBinary, run } from './lib/workspace.mjs';

const args = process.argv.slice(2);
ensureInstalled();
if (!args.some((arg) => ['--help', '-h', '--version'].includes(arg))) ensureWebBuilt();
process.exit(
  await run(nodeBinary(), ['--disable-warning=ExperimentalWarning', 'packages/server/src/main.ts', ...args], {
    env: childEnvironment(),
  }),
);
