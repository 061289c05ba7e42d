/** Does some traced work, then ends the way ENDING says. */
import { counter, flush, getLogger, init, withSpan } from '../../index.ts';

init({ serviceName: 'child', processMetrics: false, exitFlushMsMax: 800 });
withSpan('child work', {}, () => getLogger('child').info('child line'));
counter('child.count').add(1);
switch (process.env['ENDING']) {
  case 'flush':
    await flush();
    console.log('flushed');
    break;
  case 'exit':
    process.exit(5);
  case 'exit-code':
    process.exitCode = 3;
    break;
  case 'reject':
    void Promise.reject(new Error('nobody caught me'));
    break;
  case 'throw':
    setTimeout(() => {
      throw new Error('uncaught');
    }, 5);
    break;
  case 'signal':
    setInterval(() => undefined, 1000);
    console.log('ready');
    break;
  case 'own-signal-handler':
    process.on('SIGTERM', () => {
      console.log('my own farewell');
      process.exit(7);
    });
    setInterval(() => undefined, 1000);
    console.log('ready');
    break;
  default:
}
