/** Rules that every project begins with. They can be changed, switched off and deleted like others. */
import { alertRuleInput, type AlertRuleInput } from '@sightline/schema/api';

interface ShippedRule {
  readonly key: string;
  readonly rule: AlertRuleInput;
}

const rule = (key: string, input: Parameters<typeof alertRuleInput.parse>[0]): ShippedRule => ({
  key,
  rule: alertRuleInput.parse(input),
});

export const shippedRules: { readonly version: number; readonly rules: readonly ShippedRule[] } = {
  version: 1,
  rules: [
    rule('run_duration', {
      name: 'Run over 600 s',
      query: 'max(duration) of runs by workflow > 600s',
      keepFiringS: 300,
      annotations: { summary: 'A run of {{ labels.workflow }} took {{ value }}' },
    }),
    rule('step_duration', {
      name: 'Step over 120 s',
      query: 'max(duration) where operation:step by name > 120s',
      keepFiringS: 300,
      annotations: { summary: 'The step {{ labels.name }} took {{ value }}' },
    }),
    rule('call_duration', {
      name: 'Call over 30 s',
      query: 'max(duration) of calls by model > 30s',
      keepFiringS: 300,
      annotations: { summary: 'A call of {{ labels.model }} took {{ value }}' },
    }),
    rule('workflow_cost', {
      name: 'Workflow over $1.00',
      query: 'max(cost) of runs by workflow > $1.00',
      keepFiringS: 300,
      annotations: { summary: 'A run of {{ labels.workflow }} cost {{ value }}' },
    }),
    rule('error_rate', {
      name: 'Error rate over 5 %',
      query: 'error_rate of runs over 15m > 5% recover < 4%',
      forS: 120,
      annotations: { summary: '{{ value }} of the runs failed' },
    }),
    rule('watchdog', {
      name: 'sightline_watchdog',
      description:
        'Always fires. Send it to a channel whose receiver warns when it stops: then this server, its rules and its way out are watched.',
      enabled: false,
      kind: 'promql',
      query: 'vector(1)',
      severity: 'info',
      annotations: { summary: 'Alerts are evaluated and delivered' },
    }),
  ],
};
