/**
 * The meter provider, with labels masked as they are recorded: two numbers whose labels differ in what is masked are one series, so
 * masking at export would send that series twice. Instruments without a view of their own get a general one for it.
 */
import type { Resource } from '@opentelemetry/resources';
import {
  MeterProvider,
  type IAttributesProcessor,
  type MetricReader,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import { guard } from '../core/diagnostics.ts';
import type { ExportWall } from '../export/export-wall.ts';
import { metricViews } from './views.ts';

export function createMeterProvider(
  resource: Resource,
  readers: MetricReader[],
  wall: ExportWall | undefined,
): MeterProvider {
  if (wall === undefined) return new MeterProvider({ resource, readers, views: metricViews });
  const masking: IAttributesProcessor = { process: (labels) => wall.attributes(labels) };
  const masked = (view: ViewOptions): ViewOptions => ({ ...view, attributesProcessors: [masking] });
  const provider = new MeterProvider({
    resource,
    readers,
    views: [...metricViews, { instrumentName: '*' }].map(masked),
  });
  guard('preparing metric views', () => preferOwnView(provider));
  return provider;
}

/** Each view that matches makes a series, so the general one, the last, steps back where another matches. */
function preferOwnView(provider: MeterProvider): void {
  const { viewRegistry } = (provider as unknown as { _sharedState: SharedState })._sharedState;
  const findViews = viewRegistry.findViews.bind(viewRegistry);
  viewRegistry.findViews = (...asked) => {
    const found = findViews(...asked);
    return found.length > 1 ? found.slice(0, -1) : found;
  };
}

interface SharedState {
  readonly viewRegistry: { findViews(...asked: readonly unknown[]): readonly unknown[] };
}
