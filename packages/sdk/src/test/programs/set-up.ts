/** Sets the SDK up as a module of its own, imported first, as many programs do. */
import { init } from '../../index.ts';

init({ serviceName: 'imported first', processMetrics: false });
