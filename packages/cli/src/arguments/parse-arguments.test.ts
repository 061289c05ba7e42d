import { describe, expect, test } from 'vitest';
import { editDistance } from '@sightline/base';
import { tracesCommand } from '../commands/traces.ts';
import { readCommands } from '../commands/index.ts';
import { createStyle } from '../output/style.ts';
import { describeCommand } from './help.ts';
import { parseArguments } from './parse-arguments.ts';
import { suggestWord } from './suggest.ts';

const parse = (...argv: string[]) => parseArguments(tracesCommand, argv);

const commands = await readCommands();

describe('reading arguments', () => {
  test('a relative time begins with a dash and is still a value', () => {
    expect(parse('--from', '-15m').options.text('from')).toBe('-15m');
    expect(parse('--from=-15m').options.text('from')).toBe('-15m');
  });

  test('options may stand before and after the words', () => {
    const { options, positionals } = parse('--limit', '5', 'status:error', '--json');
    expect(positionals).toEqual(['status:error']);
    expect(options.integer('limit', { min: 1, max: 10 })).toBe(5);
    expect(options.has('json')).toBe(true);
  });

  test('a filter that excludes begins with a dash and goes behind --', () => {
    expect(parse('--', '-service:web-api').positionals).toEqual(['-service:web-api']);
  });

  test.each([
    [['--limits', '5'], '"--limits" is not an option', 'Did you mean --limit?'],
    [['--limit'], '--limit needs a value: <count>', ''],
    [['--json=yes'], '--json takes no value', ''],
    [['one', 'two'], '"two" is one word too many', 'quotes'],
  ])('%j is refused with a next step', (argv, message, hint) => {
    const failure = capture(() => parse(...argv));
    expect(failure).toMatchObject({ code: 'bad_option' });
    expect(failure.message).toContain(message);
    expect(failure.hint).toContain(hint);
  });

  test.each([
    ['integer', '0', 'a whole number from 1 to 10'],
    ['integer', '2.5', 'a whole number from 1 to 10'],
    ['durationMs', '5 minutes', 'a length of time'],
    ['choice', 'broken', 'unset, ok or error'],
  ] as const)('a wrong %s says what it takes', (kind, value, takes) => {
    const { options } = parse('--status', value);
    const read = {
      integer: () => options.integer('status', { min: 1, max: 10 }),
      durationMs: () => options.durationMs('status'),
      choice: () => options.choice('status', ['unset', 'ok', 'error']),
    }[kind];
    expect(capture(read).message).toContain(takes);
  });
});

describe('did you mean', () => {
  test.each([
    ['trases', 'traces'],
    ['lgos', 'logs'],
    ['doc', 'doctor'],
    ['demmo', 'demo'],
    ['banana', undefined],
  ])('%s → %s', (typed, meant) => {
    expect(
      suggestWord(
        typed,
        commands.map(({ name }) => name),
      ),
    ).toBe(meant);
  });

  test('a swap of neighbours counts once', () => {
    expect(editDistance('tial', 'tail')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
  });
});

describe('help', () => {
  test.each(commands.map((command) => [command.name, command] as const))(
    '%s explains itself with examples that it would accept',
    (name, command) => {
      const help = describeCommand(command, createStyle(false));
      expect(help).toContain(command.summary);
      expect(command.examples.length).toBeGreaterThan(0);
      for (const { line } of command.examples) {
        expect(line).toContain(`sightline ${name}`);
        if (command.passThrough === true) continue;
        const words = splitShellWords(line.slice(line.indexOf(`sightline ${name}`)).split(/ [|>] /)[0] ?? '');
        expect(() => parseArguments(command, words.slice(2))).not.toThrow();
      }
    },
  );
});

function splitShellWords(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

function capture(run: () => unknown): { message: string; hint: string } {
  try {
    run();
  } catch (error) {
    return error as { message: string; hint: string };
  }
  throw new Error('It was accepted.');
}
