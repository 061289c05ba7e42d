import { SightlineError } from '@sightline/schema/errors';
import { describeCommand, describeProgram } from './arguments/help.ts';
import { defaultUrl } from './arguments/global-options.ts';
import { badOption, type OptionValues } from './arguments/options.ts';
import { parseArguments } from './arguments/parse-arguments.ts';
import { suggestWord } from './arguments/suggest.ts';
import { createApiClient } from './client/api-client.ts';
import type { Command } from './command.ts';
import { commands, readCommands, type Verb, verbs } from './commands/index.ts';
import { type ExitCode, exitCodeOf, exitCodes, Interrupted } from './exit-code.ts';
import { createOutput, type Output, type Streams } from './output/output.ts';
import { version } from './version.ts';

export interface CliContext extends Streams {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Runs one command line and says how it ended. Never throws. */
export async function runCli(context: CliContext): Promise<ExitCode> {
  const { argv, env } = context;
  // Read before the arguments are understood, so that complaints about them take the asked form too.
  const output = createOutput(context, {
    json: argv.includes('--json'),
    noColour: argv.includes('--no-color'),
    env,
  });
  try {
    return await dispatch(context, output);
  } catch (error) {
    if (context.signal.aborted || error instanceof Interrupted) return exitCodes.interrupted;
    reportError(error, context, output);
    return exitCodeOf(error);
  }
}

async function dispatch({ argv, env, signal }: CliContext, output: Output): Promise<ExitCode> {
  const [verb, ...rest] = argv;
  if (verb === undefined || verb === '--help' || verb === '-h' || (verb === 'help' && rest.length === 0)) {
    output.line(describeProgram(await readCommands(), output.style));
    return verb === undefined ? exitCodes.usage : exitCodes.ok;
  }
  if (verb === '--version' || verb === '-v') {
    output.line(version);
    return exitCodes.ok;
  }
  const command = await findCommand(verb === 'help' ? (rest[0] ?? '') : verb);
  const words = verb === 'help' ? ['--help'] : rest;
  if (command.passThrough !== true || words.includes('--help') || words.includes('-h')) {
    const { options, positionals } = parseArguments(
      command,
      command.passThrough === true ? ['--help'] : words,
    );
    if (options.has('help')) {
      output.line(describeCommand(command, output.style));
      return exitCodes.ok;
    }
    return command.run({ positionals, options, env, output, signal, client: connect(options, env, signal) });
  }
  const { options } = parseArguments(command, ['--help']);
  return command.run({
    positionals: words,
    options,
    env,
    output,
    signal,
    client: connect(options, env, signal),
  });
}

async function findCommand(verb: string): Promise<Command> {
  if (isVerb(verb)) return commands[verb]();
  const meant = suggestWord(verb, verbs);
  throw badOption(
    verb.startsWith('-') ? `The command comes first, before "${verb}".` : `"${verb}" is not a command.`,
    meant === undefined ? 'See sightline --help for all commands.' : `Did you mean "sightline ${meant}"?`,
  );
}

function isVerb(word: string): word is Verb {
  return Object.hasOwn(commands, word);
}

function connect(options: OptionValues, env: CliContext['env'], signal: AbortSignal) {
  const url = options.text('url') ?? (env.SIGHTLINE_URL || defaultUrl);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw badOption(`--url is "${url}", but takes an address such as ${defaultUrl}.`);
  return createApiClient({
    url,
    apiKey: options.text('api-key') ?? (env.SIGHTLINE_API_KEY || undefined),
    signal,
  });
}

function reportError(error: unknown, { stderr }: Streams, output: Output): void {
  output.status('');
  if (!(error instanceof SightlineError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    stderr.write(`sightline: A mistake in this program; please report it.\n${text}\n`);
    return;
  }
  if (output.json) {
    stderr.write(`${JSON.stringify(error)}\n`);
    return;
  }
  stderr.write(`sightline: ${error.message}\n`);
  if (error.hint !== '') stderr.write(`${error.hint}\n`);
}
