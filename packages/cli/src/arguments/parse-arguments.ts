import { parseArgs } from 'node:util';
import type { Command } from '../command.ts';
import { globalOptions } from './global-options.ts';
import { badOption, type OptionSpecs, OptionValues } from './options.ts';
import { suggestWord } from './suggest.ts';

export interface ParsedArguments {
  readonly positionals: readonly string[];
  readonly options: OptionValues;
}

/**
 * Reads what follows a verb. Options may stand before or after the words.
 * @throws SightlineError `bad_option` naming what is wrong, with the nearest known option.
 */
export function parseArguments(command: Command, argv: readonly string[]): ParsedArguments {
  const specs: OptionSpecs = { ...globalOptions, ...command.options };
  const args = joinNegativeValues(argv, specs);
  const { tokens } = parseArgs({
    args,
    options: toParseArgsOptions(specs),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values: Record<string, string | boolean> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const written = args[token.index] ?? '';
    // SQL that begins with a comment.
    if (/^--\s/.test(written)) {
      positionals.push(written);
      continue;
    }
    const spec = specs[token.name];
    if (spec === undefined) throw unknownOption(command, token.rawName, specs);
    if (spec.type === 'boolean') {
      if (token.value !== undefined) throw badOption(`${token.rawName} takes no value.`);
      values[token.name] = true;
    } else {
      if (token.value === undefined)
        throw badOption(`${token.rawName} needs a value: <${spec.value ?? 'value'}>.`);
      values[token.name] = token.value;
    }
  }
  const options = new OptionValues(values);
  if (!options.has('help')) checkPositionals(command, positionals);
  return { positionals, options };
}

/** `--from -1h`: a value that begins with a dash would be read as an option, so it is glued to its name. */
function joinNegativeValues(argv: readonly string[], specs: OptionSpecs): string[] {
  const joined: string[] = [];
  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i] ?? '';
    if (word === '--') return [...joined, ...argv.slice(i)];
    const next = argv[i + 1];
    const name = word.startsWith('--') && !word.includes('=') ? word.slice(2) : undefined;
    if (name !== undefined && specs[name]?.type === 'string' && next !== undefined && /^-\d/.test(next)) {
      joined.push(`${word}=${next}`);
      i += 1;
    } else {
      joined.push(word);
    }
  }
  return joined;
}

function toParseArgsOptions(specs: OptionSpecs) {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [
      name,
      { type: spec.type, ...(spec.short === undefined ? {} : { short: spec.short }) },
    ]),
  );
}

function unknownOption(command: Command, rawName: string, specs: OptionSpecs) {
  const meant = suggestWord(rawName.replace(/^-+/, ''), Object.keys(specs));
  return badOption(
    `"${rawName}" is not an option of "sightline ${command.name}".`,
    meant === undefined ? `See sightline ${command.name} --help.` : `Did you mean --${meant}?`,
  );
}

function checkPositionals(command: Command, positionals: readonly string[]): void {
  const { min, max } = command.positionalCount;
  if (positionals.length < min)
    throw badOption(
      `"sightline ${command.name}" needs ${command.positionals}.`,
      `See sightline ${command.name} --help.`,
    );
  if (positionals.length > max)
    throw badOption(
      `"${positionals[max]}" is one word too many for "sightline ${command.name}".`,
      'Put a value with spaces into quotes.',
    );
}
