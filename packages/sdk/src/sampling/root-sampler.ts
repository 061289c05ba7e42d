/** The sampler: decides at the root of a trace by its id, and follows the parent everywhere else. */
import {
  isSpanContextValid,
  SamplingDecision,
  TraceFlags,
  trace,
  type Context,
  type SpanContext,
} from '@opentelemetry/api';
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace';
import type { ResolvedSampling } from '../config/sampling-options.ts';
import { isForced } from './force.ts';
import { isKept } from './stable-hash.ts';

const sampled: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const pending: SamplingResult = { decision: SamplingDecision.RECORD };
const dropped: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

export class RootSampler implements Sampler {
  readonly rate: number;
  /** Whether a trace outside the rate is recorded until its end, to be kept if it fails or is slow. */
  readonly decidesAtEnd: boolean;
  readonly #parentBased: boolean;
  readonly #force: boolean;

  constructor(options: ResolvedSampling) {
    this.rate = options.force ? 1 : options.rate;
    this.decidesAtEnd =
      this.rate < 1 &&
      options.pendingSpansMax > 0 &&
      (options.keepErrors || options.keepSlowerThanMs !== false);
    this.#parentBased = options.parentBased;
    this.#force = options.force;
  }

  shouldSample(context: Context, traceId: string): SamplingResult {
    if (this.#force || isForced(context)) return sampled;
    const parent = trace.getSpan(context);
    const parentContext = parent?.spanContext();
    if (parent !== undefined && parentContext !== undefined && isSpanContextValid(parentContext)) {
      if (parentContext.isRemote !== true)
        return this.#likeLocalParent(parentContext.traceFlags, parent.isRecording());
      return this.keepsRemote(parentContext) ? sampled : this.#notKept();
    }
    return isKept(traceId, this.rate) ? sampled : this.#notKept();
  }

  /** The decision about a trace that came from another process. */
  keepsRemote(parent: SpanContext): boolean {
    if (this.#force) return true;
    return this.#parentBased
      ? (parent.traceFlags & TraceFlags.SAMPLED) !== 0
      : isKept(parent.traceId, this.rate);
  }

  toString(): string {
    return `SightlineRootSampler{rate=${this.rate}}`;
  }

  #likeLocalParent(flags: number, recording: boolean): SamplingResult {
    if ((flags & TraceFlags.SAMPLED) !== 0) return sampled;
    return recording ? pending : dropped;
  }

  #notKept(): SamplingResult {
    return this.decidesAtEnd ? pending : dropped;
  }
}
