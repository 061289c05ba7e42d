import type { AdmissionRules } from './admission-rules.ts';
import { err, ok, type Result } from '@sightline/base';

import type { TelemetrySignal } from '../api/index.ts';
import { AdmissionScan } from './admission-scan.ts';
import { type Malformed, MalformedError } from './malformed.ts';
import { requestTypes } from './message-type.ts';
import { describeOutcome, type Rejection } from './reasons.ts';
import { toRegularForm } from './regular-form.ts';
import { scanPlan } from './scan-plan.ts';

export interface Admitted {
  /** What the engine may load: the very bytes that came in when nothing had to change. Long texts of spans stand at its end, see content-texts.ts. */
  readonly request: Uint8Array;
  /** How many texts stand there. */
  readonly texts: number;
  readonly accepted: number;
  readonly rejections: readonly Rejection[];
  /** For `partial_success`: why items were refused and what was changed in others; empty when all is well. */
  readonly errorMessage: string;
}

/** A day: agents on laptops have wrong clocks, but a year ahead would open partitions nobody cleans. */
export const clockSkewNanosMax = 86_400_000_000_000n;

export const defaultAdmissionLimits = {
  attributeValueBytesMax: 1024 * 1024,
  depthMax: 32,
} as const satisfies Partial<AdmissionRules>;

/**
 * Checks a request in OTLP protobuf, drops bad items one by one and rewrites what the engine cannot read. The request
 * fails as a whole only when its bytes are not protobuf of this shape. Never throws.
 *
 * @example
 * const admitted = admit('traces', body, { oldestUnixNano, newestUnixNano, receivedUnixNano, ...defaultAdmissionLimits });
 * if (!admitted.ok) return badRequest(admitted.error.message);
 */
export function admit(
  signal: TelemetrySignal,
  request: Uint8Array,
  rules: AdmissionRules,
): Result<Admitted, Malformed> {
  try {
    let bytes = request;
    let scan = new AdmissionScan(bytes, rules);
    scan.run(scanPlan(requestTypes[signal]));
    if (scan.irregular) {
      bytes = toRegularForm(requestTypes[signal], request);
      scan = new AdmissionScan(bytes, rules);
      scan.run(scanPlan(requestTypes[signal]));
    }
    const rejections = [...scan.rejections].map(([reason, count]) => ({ reason, count }));
    const spans = scan.patches.count === 0 ? bytes : scan.patches.apply(bytes);
    return ok({
      request: scan.texts.count === 0 ? spans : Buffer.concat([spans, scan.texts.finish()]),
      texts: scan.texts.count,
      accepted: scan.accepted,
      rejections,
      errorMessage: describeOutcome(signal, scan.accepted, rejections, scan.repairs()),
    });
  } catch (error) {
    if (error instanceof MalformedError) return err({ message: error.message });
    throw error;
  }
}
