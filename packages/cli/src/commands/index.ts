import type { Command } from '../command.ts';

/** Every verb, in the order of the help. Its file is read when it is wanted: most of the time of a command goes into reading its program. */
export const commands = {
  start: async () => (await import('./start.ts')).startCommand,
  demo: async () => (await import('./demo.ts')).demoCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
  tail: async () => (await import('./tail.ts')).tailCommand,
  logs: async () => (await import('./logs.ts')).logsCommand,
  traces: async () => (await import('./traces.ts')).tracesCommand,
  trace: async () => (await import('./trace.ts')).traceCommand,
  spans: async () => (await import('./spans.ts')).spansCommand,
  runs: async () => (await import('./runs.ts')).runsCommand,
  sessions: async () => (await import('./sessions.ts')).sessionsCommand,
  errors: async () => (await import('./errors.ts')).errorsCommand,
  metrics: async () => (await import('./metrics.ts')).metricsCommand,
  compare: async () => (await import('./compare.ts')).compareCommand,
  query: async () => (await import('./query.ts')).queryCommand,
  import: async () => (await import('./import.ts')).importCommand,
  export: async () => (await import('./export.ts')).exportCommand,
  replay: async () => (await import('./replay.ts')).replayCommand,
  rules: async () => (await import('./rules.ts')).rulesCommand,
  routes: async () => (await import('./routes.ts')).routesCommand,
  silences: async () => (await import('./silences.ts')).silencesCommand,
  deploy: async () => (await import('./deploy.ts')).deployCommand,
  sourcemaps: async () => (await import('./sourcemaps.ts')).sourcemapsCommand,
  prompts: async () => (await import('./prompts.ts')).promptsCommand,
  datasets: async () => (await import('./datasets.ts')).datasetsCommand,
  experiments: async () => (await import('./experiments.ts')).experimentsCommand,
  slos: async () => (await import('./slos.ts')).slosCommand,
  report: async () => (await import('./report.ts')).reportCommand,
  reports: async () => (await import('./reports.ts')).reportsCommand,
  dashboards: async () => (await import('./dashboards.ts')).dashboardsCommand,
  reprice: async () => (await import('./reprice.ts')).repriceCommand,
  rederive: async () => (await import('./rederive.ts')).rederiveCommand,
  'accept-damage': async () => (await import('./accept-damage.ts')).acceptDamageCommand,
  'resend-quarantine': async () => (await import('./resend-quarantine.ts')).resendQuarantineCommand,
} as const satisfies Readonly<Record<string, () => Promise<Command>>>;

export type Verb = keyof typeof commands;
export const verbs = Object.keys(commands) as readonly Verb[];

export async function readCommands(): Promise<readonly Command[]> {
  return Promise.all(verbs.map(async (verb) => commands[verb]()));
}
