/** Two checks of its own, one of which fails, until it is asked to end. */
import { init, registerHealthCheck, shutdown } from '@sightline/sdk';

init({ serviceName: 'checkout', processMetrics: false });
registerHealthCheck({ name: 'database', check: async () => true, everyS: 3_600 });
registerHealthCheck({
  name: 'queue',
  check: () => {
    throw new Error('no connection for ada@example.com');
  },
  everyS: 3_600,
});
// Checks alone keep no process alive.
const alive = setInterval(() => {}, 1_000);
process.once('SIGUSR2', () => void shutdown().then(() => clearInterval(alive)));
