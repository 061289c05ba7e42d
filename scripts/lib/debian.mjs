// Programs that some tests need and npm does not bring: found on the machine, or installed from Debian's packages where
// that is possible. Never a silent skip: what is missing is said aloud.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

/** The path of a Chromium, or undefined after saying why the browser tests are skipped. */
export function ensureChromium() {
  const candidates = [
    process.env.SIGHTLINE_CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ];
  const find = () => candidates.find((path) => path && existsSync(path));
  return (
    find() ??
    (install(['chromium', 'fonts-liberation']) ? find() : undefined) ??
    skip(
      'BROWSER TESTS SKIPPED: no Chromium on this machine, and it could not be installed. Install it, or set SIGHTLINE_CHROMIUM.',
    )
  );
}

/** The folder of PostgreSQL's programs, or undefined after saying which tests are skipped. */
export function ensurePostgres() {
  const find = () => {
    const versions = existsSync('/usr/lib/postgresql')
      ? readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a))
      : [];
    return versions
      .map((version) => `/usr/lib/postgresql/${version}/bin`)
      .find((path) => existsSync(`${path}/initdb`));
  };
  return (
    find() ??
    (install(['postgresql']) ? find() : undefined) ??
    skip('POSTGRESQL TESTS SKIPPED: no PostgreSQL server on this machine, and it could not be installed.')
  );
}

/** The path of a redis-server, or undefined after saying which tests are skipped. */
export function ensureRedis() {
  const find = () =>
    ['/usr/bin/redis-server', '/usr/local/bin/redis-server'].find((path) => existsSync(path));
  return (
    find() ??
    (install(['redis-server']) ? find() : undefined) ??
    skip('REDIS TESTS SKIPPED: no Redis server on this machine, and it could not be installed.')
  );
}

/** The folder of prometheus and promtool, or undefined after saying which tests are skipped. */
export function ensurePrometheus() {
  const find = () =>
    ['/usr/bin', '/usr/local/bin'].find((path) =>
      ['prometheus', 'promtool'].every((program) => existsSync(`${path}/${program}`)),
    );
  return (
    find() ??
    (install(['prometheus']) ? find() : undefined) ??
    skip('PROMETHEUS TESTS SKIPPED: no Prometheus on this machine, and it could not be installed.')
  );
}

/** The path of Alertmanager, or undefined after saying which tests are skipped. */
export function ensureAlertmanager() {
  const find = () =>
    ['/usr/bin/prometheus-alertmanager', '/usr/local/bin/alertmanager'].find((path) => existsSync(path));
  return (
    find() ??
    (install(['prometheus-alertmanager']) ? find() : undefined) ??
    skip('ALERTMANAGER TESTS SKIPPED: no Alertmanager on this machine, and it could not be installed.')
  );
}

function install(packages) {
  const isPossible = process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;
  if (!isPossible) return false;
  console.error(`Installing ${packages.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, stdio: ['ignore', 'ignore', 2], timeout: 600_000 };
  const apt = () =>
    spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], options).status ===
    0;
  return apt() || (spawnSync('apt-get', ['update', '-q'], options).status === 0 && apt());
}

function skip(message) {
  console.error(`\n!!! ${message}\n`);
  return undefined;
}
