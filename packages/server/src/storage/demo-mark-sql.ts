import { demoAttribute, demoMark } from '@sightline/schema/api';

/** Whether a span, log record or point is of the demo. The index of resource values leads to the granules that hold the mark. */
export const isOfDemo = `has(mapValues(resource_attributes), '${demoMark}') AND resource_attributes['${demoAttribute}'] = '${demoMark}'`;
