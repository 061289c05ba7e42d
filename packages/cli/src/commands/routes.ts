import { commandOfPart } from './alert-files.ts';

export const routesCommand = commandOfPart('routes', {
  summary: 'Keep the routes of alerts, where messages go, in files: check, diff, apply, export.',
  options: {},
  details:
    'A file is YAML with a list of routes; rules and silences of the file are left alone. The list takes the place of all routes of the\n' +
    'project, in its order. Channels are written by their names. check and diff change nothing; diff ends with 1 where something would change.',
  examples: [
    { line: 'sightline routes export > routes.yml', about: 'the routes of the server, for git' },
    { line: 'sightline routes diff routes.yml', about: 'what apply would change' },
    { line: 'sightline routes apply routes.yml', about: 'makes the routes what the file says' },
  ],
});
