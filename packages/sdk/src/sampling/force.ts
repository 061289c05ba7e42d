/** `force`: everything inside is sampled, whatever the rate. It rides in the context. */
import { createContextKey, type Context } from '@opentelemetry/api';

const forceKey = createContextKey('sightline.force_sampling');

export function withForce(context: Context): Context {
  return context.setValue(forceKey, true);
}

export function isForced(context: Context): boolean {
  return context.getValue(forceKey) === true;
}
