export { errorCatalogue, type ErrorCode } from './catalogue.ts';
export { SightlineError } from './sightline-error.ts';
