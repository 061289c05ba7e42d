/** What a channel is given to deliver, and what it says of it. */
export interface AlertLine {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'firing' | 'resolved';
  readonly value: number | null;
  readonly since: Date;
  readonly endedAt: Date | null;
  readonly summary: string;
  readonly link: string;
  readonly sampleTraces: readonly string[];
}

/** A report as mails have it. The pictures are PNG; the HTML names them `cid:<id>`. */
export interface ReportMail {
  readonly html: string;
  readonly text: string;
  readonly pictures: readonly { readonly id: string; readonly base64: string }[];
}

export interface Notification {
  /** Of the group of alerts and the channel; stable. */
  readonly key: string;
  /** Counts the messages of the key. */
  readonly sequence: number;
  /** The same for each attempt to deliver this message: receivers may use it to drop a second one. */
  readonly dedupeKey: string;
  readonly rule: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly status: 'firing' | 'resolved' | 'fired_and_recovered' | 'test' | 'report';
  readonly title: string;
  readonly text: string;
  readonly labels: Readonly<Record<string, string>>;
  /** At most 50. */
  readonly alerts: readonly AlertLine[];
  readonly alertCount: number;
  readonly link: string;
  readonly at: Date;
  /** Where the status is `report`: its main numbers as text, the mail, and all numbers as the API has them. */
  readonly report?: {
    readonly facts: readonly (readonly [name: string, value: string])[];
    readonly mail: ReportMail;
    readonly numbers: object;
  };
}

export type Delivery =
  /** `reference` is given back at the next message of this key. */
  | { readonly kind: 'delivered'; readonly reference?: string }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  | { readonly kind: 'refused'; readonly reason: string };

export interface Channel {
  deliver(
    notification: Notification,
    context: { readonly reference: string | undefined; readonly signal: AbortSignal },
  ): Promise<Delivery>;
}
