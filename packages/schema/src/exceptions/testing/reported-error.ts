import type { ReportedError } from '../group-error.ts';

/** An error that is reported with its stack alone. */
export const reported = (stack: string, more: Partial<ReportedError> = {}): ReportedError => ({
  type: '',
  message: '',
  stack,
  service: 'shop',
  name: 'POST /cart',
  operation: '',
  provider: '',
  tool: '',
  ...more,
});
