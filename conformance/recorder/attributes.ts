import type { Attributes } from '@opentelemetry/api';

/** One attribute of every kind OTLP knows, as an application would set it. */
export const attributesOfAllKinds: Attributes = {
  text: 'plain',
  'text.empty': '',
  'text.unicode': 'Grüße, 世界 🌍',
  'text.escaped': 'quote " backslash \\ newline \n tab \t nul \u0000 end',
  yes: true,
  no: false,
  zero: 0,
  integer: 42,
  'integer.negative': -7,
  'integer.large': Number.MAX_SAFE_INTEGER,
  double: 0.1,
  'double.tiny': 5e-324,
  'double.nan': Number.NaN,
  'double.infinity': Number.POSITIVE_INFINITY,
  bytes: new Uint8Array([0, 1, 2, 253, 254, 255]),
  texts: ['a', 'b', ''],
  integers: [1, 2, 3],
  mixed: ['a', 1, true, null, 0.5],
  nested: { level: 1, list: [{ level: 2, deeper: [[1], [2, [3]]] }], empty: {} },
  'list.empty': [],
  null: null,
};
