import { commandOfPart } from './alert-files.ts';

export const silencesCommand = commandOfPart('silences', {
  summary:
    'Keep silences of alerts, such as maintenance that is planned, in files: check, diff, apply, export.',
  options: {
    prune: { type: 'boolean', about: 'With apply and diff: silences that the file has not are ended.' },
  },
  details:
    'A file is YAML with a list of silences; rules and routes of the file are left alone. A silence is known by its matchers and its end, which is\n' +
    'a time. check and diff change nothing; diff ends with 1 where something would change.',
  examples: [
    { line: 'sightline silences export > silences.yml', about: 'those that are or will be, for git' },
    { line: 'sightline silences apply silences.yml', about: 'makes those that are not there yet' },
    { line: 'sightline silences apply --prune silences.yml', about: 'and ends those that the file has not' },
  ],
});
