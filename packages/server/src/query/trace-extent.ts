export interface TraceExtent {
  readonly start: string;
  readonly end: string;
  readonly spanCount: number;
}
