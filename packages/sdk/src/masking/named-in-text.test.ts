/** Secrets that look like nothing, beside names of every kind, in every way a program writes the two down. */
import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { captureValue } from './capture-value.ts';
import { createMaskText } from './mask-text.ts';

const mask = createMaskText({ keys: ['employee-no'] });

const forms: Readonly<Record<string, (name: string, value: string | number) => unknown>> = {
  'a pair': (name, value) => [name, value],
  'a record': (name, value) => ({ [name]: value }),
  'a list in a record': (name, value) => ({ headers: { [name]: [value] } }),
  'a name and a value': (name, value) => ({ name, value }),
  'a key and a value': (key, value) => ({ key, value }),
  'a value and a name': (name, value) => ({ value, name }),
  'entries of a map': (name, value) => [...new Map([[name, value]])],
  'an argument': (name, value) => ['-v', `--${name}`, value],
};
const writings: Readonly<Record<string, (value: unknown) => string>> = {
  JSON: (value) => JSON.stringify(value),
  'JSON in lines': (value) => JSON.stringify(value, null, 2),
  'JSON after a tab': (value) => `\t${JSON.stringify(value)}`,
  'JSON in a sentence': (value) => `answered ${JSON.stringify(value)} at once`,
  'two lines of JSON': (value) => `${JSON.stringify(value)}\n${JSON.stringify(value)}`,
  'JSON in JSON': (value) => JSON.stringify({ body: JSON.stringify(value) }),
  'JSON in JSON in a sentence': (value) => `sent ${JSON.stringify({ body: JSON.stringify(value) })} away`,
  'JSON cut off': (value) => JSON.stringify({ value, more: 'text' }).slice(0, -8),
  'what a console prints': (value) => `got ${inspect(value)}`,
};
const names = [
  'password',
  'authorization',
  'x-api-key',
  'Cookie',
  'accountNumber',
  'sid',
  'employeeNo',
  'dbPassword',
  'pin',
];
/** Words with quotes and backslashes in them, of no pattern; a mark at the end shows whether any of it is left. */
const secret = fc
  .array(fc.constantFrom('ab', 'Zq', '"', "'", '\\', ' ', 'é', ',', ']', '}', ':'), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) => `w${parts.join('')}7Mark`);

it.each(Object.keys(writings))('%s: nothing is left of a value beside its name', (writing) => {
  const write = writings[writing] ?? String;
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(forms)),
      fc.constantFrom(...names),
      secret,
      (form, name, value) => {
        const written = write(forms[form]?.(name, value));
        expect(mask(written), `${form} ${name}`).not.toContain('7Mark');
      },
    ),
    { numRuns: 400 },
  );
});

it('numbers too, and where values are captured', () => {
  for (const [form, make] of Object.entries(forms))
    for (const name of names) {
      const value = make(name, 7654321);
      for (const write of Object.values(writings)) expect(mask(write(value)), form).not.toContain('7654321');
      expect(captureValue(value, { charactersMax: 500 }, mask), form).not.toContain('7654321');
    }
});

it.each([
  ['deploy --password hunter2 --verbose', 'deploy --password [masked:secret] --verbose'],
  ["Map(1) { 'sid' => 'hunter2' }", "Map(1) { 'sid' => '[masked:secret]' }"],
  ["('token', 'hunter2')", "('token', '[masked:secret]')"],
  ['x {"a":{"password":"hunter2"}} y', 'x {"a":{"password":"[masked:secret]"}} y'],
  ['x {"password":{"a":{"b":"hunter2"}}} y', 'x {"password":[masked:secret]} y'],
  ['password: "hun\\"ter2" x', 'password: "[masked:secret]" x'],
])('masks %j', (text, expected) => {
  expect(mask(text)).toBe(expected);
});

it.each([
  '["token","type","value"]',
  'the words "token", "type" and "value"',
  '["city","Bonn"]',
  '["max_tokens",4096]',
  '{ pin: true, sid: null, tokens: 5 }',
  'const headers = { token: session.token, cookie }',
  'run it with --verbose -v or --tokens 5',
  '{"name":"city","value":"Bonn"} and {"value":"Bonn","name":"city"}',
])('leaves %j alone', (text) => {
  expect(mask(text)).toBe(text);
});

it.each([
  '["',
  '{"a":',
  '--a ',
  "('",
  '{a:',
  '"name":"',
  'name:"',
  '"value":"x',
  '"a":"\\',
  '"password":{',
  '"password":[',
  '["password",',
  '"password":"',
  '{"password":',
  '--password ',
  '"password":"\\"',
  '{ ',
  '"a',
  '[\n',
])('takes linear time on a megabyte of %j', (piece) => {
  const started = performance.now();
  mask(piece.repeat(Math.ceil(1_000_000 / piece.length)));
  expect(performance.now() - started).toBeLessThan(1500);
});
