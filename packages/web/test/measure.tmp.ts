import { openStage, idle } from './stage.ts';
import { sendStory } from './story.ts';
import { untilStored } from './stage.ts';
const stage = await openStage();
const story = await sendStory(stage.urls.otlpHttp, { startMs: Date.now() - 60_000, mark: 'a1', failed: true });
await untilStored(stage.urls.ui, story.traceId, 3);
const paths = ['/', '/runs', `/runs/${story.traceId}`, '/sessions', '/users','/agents','/agents?view=graph','/models','/tools','/mcp','/performance','/coding-agents','/evaluators','/annotate','/traces',`/traces/${story.traceId}`,'/logs','/metrics/explore','/timeline','/status','/prices','/get-started','/gallery'];
for (const path of paths) {
  const context = await stage.browser.newContext();
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  const urls = new Map<string,string>(); const sizes: [string, number][] = [];
  cdp.on('Network.responseReceived', (e) => urls.set(e.requestId, e.response.url + ' ' + (e.response.headers['content-encoding'] ?? '')));
  cdp.on('Network.loadingFinished', (e) => sizes.push([urls.get(e.requestId) ?? '', e.encodedDataLength]));
  const csp: string[] = [];
  page.on('console', (m) => { if (m.type() === 'error') csp.push(m.text()); });
  await page.goto(stage.urls.ui + path);
  await idle(page);
  await page.waitForTimeout(300);
  const total = sizes.reduce((s, [, n]) => s + n, 0);
  const by = (re: RegExp) => sizes.filter(([u]) => re.test(u)).reduce((s,[,n])=>s+n,0);
  console.log(path.slice(0,30).padEnd(32), (total/1000).toFixed(1), 'kB', sizes.length, 'files; js', (by(/\.js/)/1000).toFixed(1), 'css', (by(/\.css/)/1000).toFixed(1), 'font', (by(/woff/)/1000).toFixed(1), 'api', (by(/\/api\//)/1000).toFixed(1), csp.join(' | ').slice(0,300));
  if (path === '/traces') for (const [u, n] of sizes.toSorted((a,b)=>b[1]-a[1]).slice(0,25)) console.log('   ', n, u.replace(stage.urls.ui,''));
  await context.close();
}
await stage.close();
