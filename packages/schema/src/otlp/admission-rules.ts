import type { UnixNano } from '@sightline/base';

/** What is let in. Times are those of the items: a span's start, a log's time (or when it was observed, or received), a point's time. */
export interface AdmissionRules {
  /** The end of the retention: older items are refused. */
  readonly oldestUnixNano: UnixNano;
  /** Now and the clock skew that is forgiven; newer items are refused. */
  readonly newestUnixNano: UnixNano;
  /** When the request came: the time of a log record that has none. */
  readonly receivedUnixNano: UnixNano;
  /** Attribute values and log bodies beyond are cut, and the sender is warned. */
  readonly attributeValueBytesMax: number;
  /** Arrays and lists nested deeper are cut, and the sender is warned. */
  readonly depthMax: number;
}
