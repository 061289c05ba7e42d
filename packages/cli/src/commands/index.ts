import type { Command } from '../command.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { exportCommand } from './export.ts';
import { importCommand } from './import.ts';
import { logsCommand } from './logs.ts';
import { metricsCommand } from './metrics.ts';
import { queryCommand } from './query.ts';
import { rederiveCommand } from './rederive.ts';
import { repriceCommand } from './reprice.ts';
import { resendQuarantineCommand } from './resend-quarantine.ts';
import { runsCommand } from './runs.ts';
import { sessionsCommand } from './sessions.ts';
import { spansCommand } from './spans.ts';
import { startCommand } from './start.ts';
import { tailCommand } from './tail.ts';
import { traceCommand } from './trace.ts';
import { tracesCommand } from './traces.ts';

/** Every verb, in the order of the help. */
export const commands: readonly Command[] = [
  startCommand,
  demoCommand,
  doctorCommand,
  tailCommand,
  logsCommand,
  tracesCommand,
  traceCommand,
  spansCommand,
  runsCommand,
  sessionsCommand,
  metricsCommand,
  queryCommand,
  importCommand,
  exportCommand,
  repriceCommand,
  rederiveCommand,
  resendQuarantineCommand,
];
