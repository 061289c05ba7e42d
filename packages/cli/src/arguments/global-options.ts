import type { OptionSpecs } from './options.ts';

export const defaultUrl = 'http://127.0.0.1:4300';

/** Taken by every verb. */
export const globalOptions: OptionSpecs = {
  url: {
    type: 'string',
    value: 'url',
    about: `Address of the server. SIGHTLINE_URL, default ${defaultUrl}`,
  },
  'api-key': { type: 'string', value: 'key', about: 'Key for the server. SIGHTLINE_API_KEY' },
  json: { type: 'boolean', about: 'Print JSON for scripts, as the API describes it.' },
  'no-color': { type: 'boolean', about: 'No colours. NO_COLOR does the same.' },
  help: { type: 'boolean', short: 'h', about: 'Show this help.' },
};

/** The time range and filter that the searching verbs share. */
export const searchOptions: OptionSpecs = {
  from: {
    type: 'string',
    value: 'time',
    about: 'Start: RFC 3339, relative such as -15m, -1h, -7d, or before the end: to-1h.',
    initial: 'to-1h',
  },
  to: { type: 'string', value: 'time', about: 'End: RFC 3339, relative, or now.', initial: 'now' },
  q: { type: 'string', short: 'q', value: 'filter', about: 'Filter, as in docs/query-language.md.' },
  limit: { type: 'string', short: 'n', value: 'count', about: 'How many at most.' },
};
