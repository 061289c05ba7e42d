/** A planner model makes a plan, a cheaper one executes it step by step; the run knows what each step and the whole cost. */
import { counter, flush, getLogger, init, instrument, traceStep, traceWorkflow } from '@sightline/sdk';
import OpenAI from 'openai';
import { modelAccess } from './support/fake-model.ts';

init({ serviceName: 'plan-and-execute' });
const model = await modelAccess([
  { text: '["collect the figures","compare them","write the summary"]' },
  { text: 'Figures: 12, 15, 9.' },
  { text: 'The second quarter was the best.' },
  { text: 'Sales rose to 15 in the second quarter and fell to 9 in the third.' },
]);
const openai = instrument(new OpenAI({ baseURL: model.baseURL, apiKey: model.apiKey }));
const reports = counter('reports.written', { unit: '{report}' });

async function ask(name: string, prompt: string): Promise<string> {
  const completion = await openai.chat.completions.create({
    model: name,
    messages: [{ role: 'user', content: prompt }],
  });
  return completion.choices[0]?.message.content ?? '';
}

const report = await traceWorkflow(
  { name: 'sales-report', runId: 'report-7', mode: 'plan-and-execute', agent: 'analyst' },
  async (run) => {
    const plan = await traceStep(
      { stepId: 'plan', stepNumber: 1, agent: 'planner' },
      async () => JSON.parse(await ask('gpt-4o', 'Plan a sales report as a JSON list of steps.')) as string[],
    );
    run.addEvent('planned', { steps: plan.length });
    let state = '';
    for (const [index, step] of plan.entries()) {
      state = await traceStep({ stepId: step, stepNumber: index + 2, agent: 'worker' }, () =>
        ask('gpt-4o-mini', `${step}. So far: ${state}`),
      );
    }
    return state;
  },
);
reports.add(1, { kind: 'sales' });
getLogger('reports').info('Report written', {
  category: 'BUSINESS',
  performanceMetrics: { characters: report.length },
});
console.log(report);
model.close();
await flush();
