import { gunzipSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { unixNano } from '@sightline/base';
import {
  admit,
  type AdmissionRules,
  countItems,
  defaultAdmissionLimits,
  jsonToProtobuf,
} from '@sightline/schema/otlp';

import { type Case, loadCases } from './load.ts';

const day = 86_400_000_000_000n;

function rulesAt(now: bigint): AdmissionRules {
  return {
    oldestUnixNano: unixNano(now - 30n * day),
    newestUnixNano: unixNano(now + day),
    receivedUnixNano: unixNano(now),
    ...defaultAdmissionLimits,
  };
}

/** What a receiver does with a body, without the sockets. */
function receive({ signal, contentType, contentEncoding, body, nowUnixNano }: Case) {
  const plain = contentEncoding === 'gzip' ? gunzipSync(body) : body;
  const request =
    contentType === 'application/json' ? jsonToProtobuf(signal, plain) : { ok: true as const, value: plain };
  return request.ok ? admit(signal, request.value, rulesAt(nowUnixNano)) : request;
}

describe('every conformance case', () => {
  test.each(loadCases().map((one) => [one.name, one] as const))('%s', (_, one) => {
    const result = receive(one);
    if (one.expect.status === 400) {
      expect(result).toMatchObject({
        ok: false,
        error: { message: expect.stringContaining(one.expect.message) as string },
      });
      return;
    }
    if (!result.ok) throw new Error(result.error.message);
    const { accepted, rejections, errorMessage, request } = result.value;
    const rejected = Object.fromEntries(rejections.map(({ reason, count }) => [reason, count]));
    expect({ accepted, rejected }).toEqual({ accepted: one.expect.accepted, rejected: one.expect.rejected });
    if (one.expect.warning === undefined) expect(errorMessage).not.toContain('Warning');
    else expect(errorMessage).toMatch(new RegExp(`Warning: [^.]*${one.expect.warning}`));
    expect(rejections.length > 0).toBe(errorMessage.startsWith('Rejected'));
    expect(countItems(one.signal, request)).toBe(accepted);
  });

  test.each(loadCases().map((one) => [one.name, one] as const))(
    '%s, admitted again, is left alone',
    (_, one) => {
      const first = receive(one);
      // What had its long texts taken out is for the journal alone: from a client those fields are dropped.
      if (!first.ok || first.value.texts > 0) return;
      const second = admit(one.signal, first.value.request, rulesAt(one.nowUnixNano));
      if (!second.ok) throw new Error(second.error.message);
      const { request, ...rest } = second.value;
      expect(rest).toEqual({ accepted: first.value.accepted, rejections: [], errorMessage: '', texts: 0 });
      expect(request).toBe(first.value.request);
    },
  );
});
