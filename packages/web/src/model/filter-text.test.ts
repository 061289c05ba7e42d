import { parseFilter } from '@sightline/schema/filter';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addTerm, fieldForAttribute, hasTerm, removeTerm, toggleTerm } from './filter-text.ts';

describe('editing a filter', () => {
  it('adds a term once and leaves what was typed as it is', () => {
    expect(addTerm('', 'service', 'api', 'include')).toBe('service:api');
    expect(addTerm('service:api', 'service', 'api', 'include')).toBe('service:api');
    expect(addTerm('status = error', 'http.route', '/chat room', 'include')).toBe(
      'status = error http.route:"/chat room"',
    );
  });

  it('turns an included value into an excluded one', () =>
    expect(addTerm('service:api status:error', 'service', 'api', 'exclude')).toBe(
      'status:error -service:api',
    ));

  it('keeps the meaning of OR', () =>
    expect(addTerm('name:1 OR name:2', 'user', '3', 'include')).toBe('(name:1 OR name:2) user:3'));

  it('does not see terms that hold for a part only', () => {
    expect(hasTerm('(service:api OR name:1)', 'service', 'api', 'include')).toBe(false);
    expect(hasTerm('"service:api"', 'service', 'api', 'include')).toBe(false);
  });

  it('adds to a filter that cannot be read yet', () =>
    expect(addTerm('service:(', 'user', 'a', 'include')).toBe('service:( user:a'));

  it('takes away what it added, whatever the value', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('include' as const, 'exclude' as const), (value, mode) => {
        const added = addTerm('status:error', 'user.id', value, mode);
        expect(parseFilter(added).ok).toBe(true);
        expect(hasTerm(added, 'user.id', value, mode)).toBe(true);
        expect(removeTerm(added, 'user.id', value, mode)).toBe('status:error');
      }),
    );
  });

  it('toggles', () => expect(toggleTerm(toggleTerm('', 'kind', 'server'), 'kind', 'server')).toBe(''));

  it('names attributes so that a filter finds them, whatever their key', () => {
    expect(fieldForAttribute('attr', 'http.route')).toBe('http.route');
    expect(fieldForAttribute('attr', 'name')).toBe('attr.name');
    expect(fieldForAttribute('resource', 'trace.name')).toBe('resource.trace.name');
    for (const key of ['a b.c', 'say "x"', 'ключ', 'a:b']) {
      expect(parseFilter(`${fieldForAttribute('attr', key)}:x`), key).toMatchObject({
        ok: true,
        value: { type: 'term', field: { name: key } },
      });
    }
  });
});
