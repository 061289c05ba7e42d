export { type ApiOptions, apiRoutes } from './api-routes.ts';
