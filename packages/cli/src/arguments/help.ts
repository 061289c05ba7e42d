import type { Command } from '../command.ts';
import type { Style } from '../output/style.ts';
import { globalOptions } from './global-options.ts';
import type { OptionSpecs } from './options.ts';

export function describeProgram(commands: readonly Command[], style: Style): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  return [
    `${style.bold('sightline')}: observability for AI systems, from the command line.`,
    '',
    style.bold('Usage'),
    '  sightline <command> [options]',
    '',
    style.bold('Commands'),
    ...commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    style.bold('Options of every command'),
    describeOptionSpecs(globalOptions),
    '',
    style.bold('Exit codes'),
    '  0 done   1 failed   2 wrong usage   3 server unreachable   4 nothing found   130 interrupted',
    '',
    'Help on one command: sightline <command> --help',
  ].join('\n');
}

export function describeCommand(command: Command, style: Style): string {
  const own = Object.keys(command.options).length > 0;
  return [
    command.summary,
    '',
    style.bold('Usage'),
    `  ${['sightline', command.name, command.positionals, '[options]'].filter((word) => word !== '').join(' ')}`,
    ...(command.details === undefined ? [] : ['', command.details]),
    ...(own ? ['', style.bold('Options'), describeOptionSpecs(command.options)] : []),
    ...(command.passThrough === true
      ? []
      : ['', style.bold('Options of every command'), describeOptionSpecs(globalOptions)]),
    '',
    style.bold('Examples'),
    ...command.examples.flatMap(({ line, about }) => [`  ${style.dim(`# ${about}`)}`, `  ${line}`]),
  ].join('\n');
}

function describeOptionSpecs(specs: OptionSpecs): string {
  return Object.entries(specs)
    .map(([name, spec]) => {
      const short = spec.short === undefined || spec.short === name ? '   ' : `-${spec.short},`;
      const long = name.length === 1 ? `-${name}` : `--${name}`;
      const value = spec.type === 'string' ? ` <${spec.value ?? 'value'}>` : '';
      const initial = spec.initial === undefined ? '' : ` Default ${spec.initial}.`;
      return `  ${`${short} ${long}${value}`.padEnd(28)} ${spec.about}${initial}`;
    })
    .join('\n');
}
