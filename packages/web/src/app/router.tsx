/** Every page of the product with its address. Each is loaded when somebody goes there, and all are four lines alike, so that one list says what there is. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { loadPart } from '../api/load-part.ts';
import type { UrlSearch } from '../widgets/url-state.ts';
import { NotFoundPage } from './not-found-page.tsx';
import { PageError } from './page-error.tsx';
import { Frame, sharedPath } from './frame.tsx';

const root = createRootRoute({
  component: Frame,
  notFoundComponent: NotFoundPage,
  validateSearch: (search: UrlSearch): UrlSearch => search,
});

const index = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(
    loadPart(() => import('../features/overview/overview-page.tsx')),
    'OverviewPage',
  ),
});

const runs = createRoute({
  getParentRoute: () => root,
  path: '/runs',
  component: lazyRouteComponent(
    loadPart(() => import('../features/runs/runs-page.tsx')),
    'RunsPage',
  ),
});

/** A run is a trace; its page is that of the trace, reached from the runs. */
const run = createRoute({
  getParentRoute: () => root,
  path: '/runs/$traceId',
  component: lazyRouteComponent(
    loadPart(() => import('../features/trace/trace-page.tsx')),
    'TracePage',
  ),
});

const sessions = createRoute({
  getParentRoute: () => root,
  path: '/sessions',
  component: lazyRouteComponent(
    loadPart(() => import('../features/sessions/sessions-page.tsx')),
    'SessionsPage',
  ),
});

const session = createRoute({
  getParentRoute: () => root,
  path: '/sessions/$sessionId',
  component: lazyRouteComponent(
    loadPart(() => import('../features/sessions/session-page.tsx')),
    'SessionPage',
  ),
});

const users = createRoute({
  getParentRoute: () => root,
  path: '/users',
  component: lazyRouteComponent(
    loadPart(() => import('../features/users/users-page.tsx')),
    'UsersPage',
  ),
});

const models = createRoute({
  getParentRoute: () => root,
  path: '/models',
  component: lazyRouteComponent(
    loadPart(() => import('../features/models/models-page.tsx')),
    'ModelsPage',
  ),
});

const agents = createRoute({
  getParentRoute: () => root,
  path: '/agents',
  component: lazyRouteComponent(
    loadPart(() => import('../features/agents/agents-page.tsx')),
    'AgentsPage',
  ),
});

const agent = createRoute({
  getParentRoute: () => root,
  path: '/agents/one',
  component: lazyRouteComponent(
    loadPart(() => import('../features/agents/agent-page.tsx')),
    'AgentPage',
  ),
});

const fleet = createRoute({
  getParentRoute: () => root,
  path: '/fleet',
  component: lazyRouteComponent(
    loadPart(() => import('../features/fleet/fleet-page.tsx')),
    'FleetPage',
  ),
});

const wall = createRoute({
  getParentRoute: () => root,
  path: '/wall',
  component: lazyRouteComponent(
    loadPart(() => import('../features/fleet/wall-page.tsx')),
    'WallPage',
  ),
});

const tools = createRoute({
  getParentRoute: () => root,
  path: '/tools',
  component: lazyRouteComponent(
    loadPart(() => import('../features/tools/tools-page.tsx')),
    'ToolsPage',
  ),
});

const mcp = createRoute({
  getParentRoute: () => root,
  path: '/mcp',
  component: lazyRouteComponent(
    loadPart(() => import('../features/mcp/mcp-page.tsx')),
    'McpPage',
  ),
});

const codingAgents = createRoute({
  getParentRoute: () => root,
  path: '/coding-agents',
  component: lazyRouteComponent(
    loadPart(() => import('../features/coding-agents/coding-agents-page.tsx')),
    'CodingAgentsPage',
  ),
});

const evaluators = createRoute({
  getParentRoute: () => root,
  path: '/evaluators',
  component: lazyRouteComponent(
    loadPart(() => import('../features/evaluators/evaluators-page.tsx')),
    'EvaluatorsPage',
  ),
});

const annotate = createRoute({
  getParentRoute: () => root,
  path: '/annotate',
  component: lazyRouteComponent(
    loadPart(() => import('../features/annotate/annotate-page.tsx')),
    'AnnotatePage',
  ),
});

const prompts = createRoute({
  getParentRoute: () => root,
  path: '/prompts',
  component: lazyRouteComponent(
    loadPart(() => import('../features/prompts/prompts-page.tsx')),
    'PromptsPage',
  ),
});

const datasets = createRoute({
  getParentRoute: () => root,
  path: '/datasets',
  component: lazyRouteComponent(
    loadPart(() => import('../features/datasets/datasets-page.tsx')),
    'DatasetsPage',
  ),
});

const experiments = createRoute({
  getParentRoute: () => root,
  path: '/experiments',
  component: lazyRouteComponent(
    loadPart(() => import('../features/experiments/experiments-page.tsx')),
    'ExperimentsPage',
  ),
});

const playground = createRoute({
  getParentRoute: () => root,
  path: '/playground',
  component: lazyRouteComponent(
    loadPart(() => import('../features/playground/playground-page.tsx')),
    'PlaygroundPage',
  ),
});

const performance = createRoute({
  getParentRoute: () => root,
  path: '/performance',
  component: lazyRouteComponent(
    loadPart(() => import('../features/performance/performance-page.tsx')),
    'PerformancePage',
  ),
});

const compare = createRoute({
  getParentRoute: () => root,
  path: '/compare',
  component: lazyRouteComponent(
    loadPart(() => import('../features/compare/compare-page.tsx')),
    'ComparePage',
  ),
});

const serviceMap = createRoute({
  getParentRoute: () => root,
  path: '/map',
  component: lazyRouteComponent(
    loadPart(() => import('../features/map/map-page.tsx')),
    'MapPage',
  ),
});

/** `/trace/{id}` is what other tools link to. The server leads to the trace where it is stored, and here where nothing is. */
const unknownTrace = createRoute({
  getParentRoute: () => root,
  path: '/trace/$id',
  component: lazyRouteComponent(
    loadPart(() => import('../features/traces/unknown-trace-page.tsx')),
    'UnknownTracePage',
  ),
});

const traces = createRoute({
  getParentRoute: () => root,
  path: '/traces',
  component: lazyRouteComponent(
    loadPart(() => import('../features/traces/traces-page.tsx')),
    'TracesPage',
  ),
});

const trace = createRoute({
  getParentRoute: () => root,
  path: '/traces/$traceId',
  component: lazyRouteComponent(
    loadPart(() => import('../features/trace/trace-page.tsx')),
    'TracePage',
  ),
});

const logs = createRoute({
  getParentRoute: () => root,
  path: '/logs',
  component: lazyRouteComponent(
    loadPart(() => import('../features/logs/logs-page.tsx')),
    'LogsPage',
  ),
});

const metrics = createRoute({
  getParentRoute: () => root,
  // `/metrics` itself is what Prometheus scrapes.
  path: '/metrics/explore',
  component: lazyRouteComponent(
    loadPart(() => import('../features/metrics/metrics-page.tsx')),
    'MetricsPage',
  ),
});

const timeline = createRoute({
  getParentRoute: () => root,
  path: '/timeline',
  component: lazyRouteComponent(
    loadPart(() => import('../features/timeline/timeline-page.tsx')),
    'TimelinePage',
  ),
});

const status = createRoute({
  getParentRoute: () => root,
  path: '/status',
  component: lazyRouteComponent(
    loadPart(() => import('../features/status/status-page.tsx')),
    'StatusPage',
  ),
});

const getStarted = createRoute({
  getParentRoute: () => root,
  path: '/get-started',
  component: lazyRouteComponent(
    loadPart(() => import('../features/get-started/get-started-page.tsx')),
    'GetStartedPage',
  ),
});

const prices = createRoute({
  getParentRoute: () => root,
  path: '/prices',
  component: lazyRouteComponent(
    loadPart(() => import('../features/prices/prices-page.tsx')),
    'PricesPage',
  ),
});

const alerts = createRoute({
  getParentRoute: () => root,
  path: '/alerts',
  component: lazyRouteComponent(
    loadPart(() => import('../features/alerts/alerts-page.tsx')),
    'AlertsPage',
  ),
});

const alertRule = createRoute({
  getParentRoute: () => root,
  path: '/alerts/rule',
  component: lazyRouteComponent(
    loadPart(() => import('../features/alerts/rule-page.tsx')),
    'RulePage',
  ),
});

const slos = createRoute({
  getParentRoute: () => root,
  path: '/slos',
  component: lazyRouteComponent(
    loadPart(() => import('../features/slos/slos-page.tsx')),
    'SlosPage',
  ),
});

const checks = createRoute({
  getParentRoute: () => root,
  path: '/checks',
  component: lazyRouteComponent(
    loadPart(() => import('../features/checks/checks-page.tsx')),
    'ChecksPage',
  ),
});

const outlook = createRoute({
  getParentRoute: () => root,
  path: '/outlook',
  component: lazyRouteComponent(
    loadPart(() => import('../features/outlook/outlook-page.tsx')),
    'OutlookPage',
  ),
});

const regressions = createRoute({
  getParentRoute: () => root,
  path: '/regressions',
  component: lazyRouteComponent(
    loadPart(() => import('../features/regressions/regressions-page.tsx')),
    'RegressionsPage',
  ),
});

const dashboards = createRoute({
  getParentRoute: () => root,
  path: '/dashboards',
  component: lazyRouteComponent(
    loadPart(() => import('../features/dashboards/dashboards-page.tsx')),
    'DashboardsPage',
  ),
});

const dashboard = createRoute({
  getParentRoute: () => root,
  path: '/dashboards/$id',
  component: lazyRouteComponent(
    loadPart(() => import('../features/dashboards/dashboard-page.tsx')),
    'DashboardPage',
  ),
});

/** For people who have a link and no key: without the way to other pages. */
const shared = createRoute({
  getParentRoute: () => root,
  path: sharedPath,
  component: lazyRouteComponent(
    loadPart(() => import('../features/dashboards/shared-page.tsx')),
    'SharedPage',
  ),
});

const reports = createRoute({
  getParentRoute: () => root,
  path: '/reports',
  component: lazyRouteComponent(
    loadPart(() => import('../features/reports/reports-page.tsx')),
    'ReportsPage',
  ),
});

const errors = createRoute({
  getParentRoute: () => root,
  path: '/errors',
  component: lazyRouteComponent(
    loadPart(() => import('../features/errors/errors-page.tsx')),
    'ErrorsPage',
  ),
});

const errorForwarding = createRoute({
  getParentRoute: () => root,
  path: '/errors/forwarding',
  component: lazyRouteComponent(
    loadPart(() => import('../features/errors/forwarding-page.tsx')),
    'ForwardingPage',
  ),
});

const error = createRoute({
  getParentRoute: () => root,
  path: '/errors/$errorId',
  component: lazyRouteComponent(
    loadPart(() => import('../features/errors/error-page.tsx')),
    'ErrorPage',
  ),
});

const replays = createRoute({
  getParentRoute: () => root,
  path: '/replays',
  component: lazyRouteComponent(
    loadPart(() => import('../features/replays/replays-page.tsx')),
    'ReplaysPage',
  ),
});

const gallery = createRoute({
  getParentRoute: () => root,
  path: '/gallery',
  component: lazyRouteComponent(
    loadPart(() => import('../features/gallery/gallery-page.tsx')),
    'GalleryPage',
  ),
});

export const router = createRouter({
  routeTree: root.addChildren([
    index,
    runs,
    run,
    sessions,
    session,
    users,
    models,
    agents,
    agent,
    fleet,
    wall,
    tools,
    mcp,
    codingAgents,
    evaluators,
    annotate,
    prompts,
    datasets,
    experiments,
    playground,
    performance,
    compare,
    serviceMap,
    unknownTrace,
    traces,
    trace,
    logs,
    metrics,
    timeline,
    status,
    prices,
    alerts,
    alertRule,
    checks,
    outlook,
    regressions,
    errors,
    errorForwarding,
    error,
    slos,
    dashboards,
    dashboard,
    shared,
    reports,
    replays,
    getStarted,
    gallery,
  ]),
  // Addresses stay plain: `?q=status:error&from=-1h`, every value a string.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const text = new URLSearchParams(search as Record<string, string>).toString();
    return text === '' ? '' : `?${text.replaceAll('%3A', ':').replaceAll('%2F', '/')}`;
  },
  defaultErrorComponent: PageError,
  defaultPreload: 'intent',
  scrollRestoration: false,
});
