import { operationKind, spanKind } from '@sightline/schema/api';
import { expect, it } from 'vitest';
import { operationKinds, spanKindNames } from './operation.ts';

it('lists operations and span kinds in the order of the API', () => {
  expect(operationKinds).toEqual(operationKind.options);
  expect(spanKindNames).toEqual(spanKind.options);
});
