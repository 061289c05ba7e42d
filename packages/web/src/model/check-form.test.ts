import { type Check, checkInput } from '@sightline/schema/api';
import { describe, expect, it } from 'vitest';
import {
  checkKinds,
  checksSentence,
  draftOfCheck,
  newCheckDraft,
  readCheckDraft,
  uptimeWords,
} from './check-form.ts';

const typed = {
  http: { url: 'https://api.example.com/health', bodyContains: 'ok', slowerThanMs: '500' },
  tcp: { host: 'db.example.com', port: '5432' },
  dns: { host: 'example.com' },
  heartbeat: {},
  program: { service: 'checkout' },
} as const;

describe('the form of a check', () => {
  it.each(checkKinds.map(({ kind }) => kind))(
    'of kind %s writes what the API takes, and reads it back',
    (kind) => {
      const draft = newCheckDraft(kind);
      const read = readCheckDraft({ ...draft, name: ' Shop ', values: { ...draft.values, ...typed[kind] } });
      if ('problem' in read) throw new Error(read.problem);
      const input = checkInput.parse(read.check);
      const again = readCheckDraft(draftOfCheck(input as Check));
      expect('check' in again && checkInput.parse(again.check)).toEqual(input);
      expect(readCheckDraft({ ...draft, interval: 'often' })).toHaveProperty('problem');
    },
  );

  it('says what is down, and rounds no failure away', () => {
    const one = (name: string, status: string, enabled = true) => ({ name, status, enabled }) as Check;
    expect(checksSentence([])).toBe('Nothing is checked yet');
    expect(checksSentence([one('a', 'up'), one('b', 'up')])).toBe('All 2 checks are up');
    expect(checksSentence([one('a', 'up'), one('b', 'down')])).toBe('1 of 2 checks is down: b');
    expect(checksSentence([one('a', 'up'), one('b', 'unknown'), one('c', 'down', false)])).toBe(
      '1 check up, 1 not known',
    );
    expect(uptimeWords({ share: 0.99999, knownS: 1 })).toBe('99.99 %');
    expect(uptimeWords({ share: 1, knownS: 1 })).toBe('100 %');
    expect(uptimeWords({ share: null, knownS: 0 })).toBe('–');
  });
});
