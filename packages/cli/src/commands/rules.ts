import path from 'node:path';
import { testRulesResponse } from '@sightline/schema/api';
import { chooseAction } from '../arguments/choose-action.ts';
import type { Command, Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { exportPart, putFile } from './alert-files.ts';
import { filesMatching } from './files-matching.ts';
import { eachFile } from './kept-in-files.ts';
import { readTextFile } from './read-text-file.ts';

const actions = ['check', 'diff', 'apply', 'test', 'export'] as const;

export const rulesCommand: Command = {
  name: 'rules',
  summary: 'Keep the rules of alerts in files: check, diff, apply, test, export.',
  positionals: '<check|diff|apply|test|export> [file…]',
  positionalCount: { min: 1, max: 1_000 },
  options: {
    prune: {
      type: 'boolean',
      about:
        'With apply and diff: rules of the groups of the file that it has not are deleted; silences, if it has some, ended.',
    },
    prometheus: { type: 'boolean', about: 'With export: the form of Prometheus.' },
    'ignore-unknown-fields': {
      type: 'boolean',
      about: 'With test: fields of tests and rules that nobody knows are left out, and not refused.',
    },
  },
  details:
    'Files are YAML: ours, with rules, routes and silences, or rule files of Prometheus as they are. test takes tests as for\n' +
    '`promtool test rules`. check and diff change nothing; diff ends with 1 where something would change.',
  examples: [
    { line: 'sightline rules export > rules.yml', about: 'the rules of the server, for git' },
    { line: 'sightline rules diff rules.yml', about: 'what apply would change' },
    { line: 'sightline rules apply --prune rules.yml', about: 'makes the rules what the file says' },
    { line: 'sightline rules test rules.test.yml', about: 'over the series that the test gives' },
  ],
  run: async (invocation) => {
    const [word = '', ...files] = invocation.positionals;
    const action = chooseAction('rules', actions, word);
    if (action === 'export')
      return exportPart(invocation, {
        part: 'rules',
        format: invocation.options.has('prometheus') ? 'prometheus' : 'sightline',
      });
    return eachFile('rules', [action, files], async (file) =>
      action === 'test' ? test(invocation, file) : putFile(invocation, { action, file }),
    );
  },
};

async function test({ client, output, options }: Invocation, file: string): Promise<ExitCode> {
  const text = await readTextFile(file);
  const beside = path.dirname(file);
  const paths = await Promise.all(
    ruleFilesOf(text).map(async (name) =>
      (await filesMatching(path.resolve(beside, name))).map((found) => ({ name, found })),
    ),
  );
  const files = await Promise.all(
    paths.flat().map(async ({ name, found }) => ({ name, text: await readTextFile(found) })),
  );
  const ignoreUnknownFields = options.has('ignore-unknown-fields');
  const answer = await client.post(
    'alerts/rules/test',
    { test: text, files, ignoreUnknownFields },
    testRulesResponse,
  );
  if (output.json) output.document(answer);
  else {
    for (const { test: name, message } of answer.failures) output.line(`${name}: ${message}`);
    output.line(
      answer.passed
        ? `${file}: ${answer.checks} checks passed.`
        : `${file}: ${answer.failures.length} of ${answer.checks} checks failed.`,
    );
  }
  return answer.passed ? exitCodes.ok : exitCodes.failure;
}

/** The names of `rule_files`, in lines of their own or in brackets; the server reads the rest of the file. */
function ruleFilesOf(text: string): string[] {
  const [, among] = /^rule_files:[ \t]*\[([^\]]*)\]/m.exec(text) ?? [];
  const inBrackets = among
    ?.split(',')
    .map((name) => `- ${name.trim()}`)
    .join('\n');
  const [, list = ''] = /^rule_files:[^\n]*\n((?:[ \t]*-[^\n]*\n?|[ \t]*(?:#[^\n]*)?\n)*)/m.exec(text) ?? [];
  return [...(inBrackets ?? list).matchAll(/^[ \t]*-[ \t]*(['"]?)(.+?)\1[ \t]*(?:#.*)?$/gm)].map(
    ([, , name = '']) => name,
  );
}
