import { deploy, regressionsResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { Command, Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';

export const deployCommand: Command = {
  name: 'deploy',
  summary: 'Say that a version begins to run, or show what the last deploys changed.',
  positionals: '[service version]',
  positionalCount: { min: 0, max: 2 },
  options: {
    environment: { type: 'string', value: 'name', about: 'Where it runs, such as production.' },
    time: { type: 'string', value: 'time', about: 'When it began; now where nothing is said.' },
    note: { type: 'string', value: 'text', about: 'Shown beside it: a link, or what changed.' },
    from: {
      type: 'string',
      value: 'time',
      about: 'Without a service: deploys from then on; -7d where nothing is said.',
    },
  },
  details:
    'A version is compared with what ran before or beside it 15, 60 and 240 minutes after it began to run. Versions that nobody\n' +
    'told of are seen by service.version of their first spans.',
  examples: [
    {
      line: 'sightline deploy api 1.4.2 --environment production',
      about: 'in the pipeline, after the release',
    },
    { line: 'sightline deploy', about: 'the deploys of a week, and their verdicts' },
  ],
  run: async (invocation) => {
    const [service, version] = invocation.positionals;
    if (service === undefined) return listDeploys(invocation);
    if (version === undefined)
      throw new SightlineError('bad_option', `Which version of ${service} begins to run?`, {
        hint: `sightline deploy ${service} 1.4.2`,
      });
    return report(invocation, { service, version });
  },
};

async function report(
  { client, options, output }: Invocation,
  { service, version }: { readonly service: string; readonly version: string },
): Promise<ExitCode> {
  const made = await client.post(
    'deploys',
    {
      service,
      version,
      environment: options.text('environment'),
      time: options.text('time'),
      note: options.text('note'),
    },
    deploy,
  );
  if (output.json) output.document(made);
  else
    output.line(
      `${made.service} ${made.version} runs since ${made.time}. It is judged after 15, 60 and 240 minutes.`,
    );
  return exitCodes.ok;
}

async function listDeploys({ client, options, output }: Invocation): Promise<ExitCode> {
  const answer = await client.get(
    'regressions',
    { from: options.text('from') ?? '-7d' },
    regressionsResponse,
  );
  if (output.json) {
    output.document(answer);
    return exitCodes.ok;
  }
  if (answer.deploys.length === 0)
    output.note('No deploys. Say one with sightline deploy <service> <version>.');
  for (const { service, version, environment, time, looks, nextLook } of answer.deploys) {
    output.line(`${time}  ${service} ${version}${environment === '' ? '' : ` (${environment})`}`);
    const [look] = looks;
    if (look === undefined) {
      output.line(`  not judged${nextLook === null ? '' : ` before ${nextLook}`}`);
      continue;
    }
    output.line(
      `  after ${look.minutes} minutes against ${look.comparedWith}: ${look.regressed} regressed, ${look.improved} improved, ${look.cells.length - look.regressed - look.improved} others`,
    );
    for (const cell of look.cells.filter(({ verdict }) => verdict === 'regressed' || verdict === 'improved'))
      output.line(
        `  ${cell.verdict}: ${cell.name}${cell.model === '' ? '' : ` ${cell.model}`}, ${cell.measure === 'score' ? `score ${cell.score}` : cell.measure.replace('_', ' ')} ${cell.text}`,
      );
  }
  return exitCodes.ok;
}
