export interface TargetOptions {
  /** Address of Sightline's UI and API. Default: SIGHTLINE_URL, else http://127.0.0.1:4300. */
  readonly url?: string;
  /** Replays that run at one time. Default 4. */
  readonly concurrency?: number;
  /** `false`: runs are recorded, and none is taken from the server. Default: SIGHTLINE_TARGETS, else true. */
  readonly connect?: boolean;
  /** The process lives as long as it offers the target. Default false. */
  readonly keepAlive?: boolean;
}

/** A run that is run again on behalf of the server. */
export interface Replayed {
  readonly replayId: string;
  readonly sourceTraceId: string;
  readonly context: unknown;
  readonly signal: AbortSignal;
  started(traceId: string): void;
}
