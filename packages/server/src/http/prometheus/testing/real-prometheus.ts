import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The folder of prometheus and promtool; scripts/test.mjs finds or installs them for the long tests. */
export const prometheusFolder = process.env['SIGHTLINE_PROMETHEUS_BIN'] ?? '';

/** Prometheus itself, over samples that are given in OpenMetrics' text. */
export class RealPrometheus {
  readonly url: string;
  readonly #directory: string;
  readonly #process: ChildProcess;

  private constructor(url: string, directory: string, process: ChildProcess) {
    this.url = url;
    this.#directory = directory;
    this.#process = process;
  }

  static async start(openMetrics: string): Promise<RealPrometheus> {
    const directory = await mkdtemp(join(tmpdir(), 'sightline-prometheus-'));
    const [samples, data, config] = ['samples.txt', 'data', 'prometheus.yml'].map((name) =>
      join(directory, name),
    ) as [string, string, string];
    await writeFile(samples, openMetrics);
    await writeFile(config, '{}\n');
    const imported = spawnSync(
      join(prometheusFolder, 'promtool'),
      ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', samples, data],
      { encoding: 'utf8' },
    );
    if (imported.status !== 0) throw new Error(`promtool: ${imported.stderr}`);
    const port = await freePort();
    const started = spawn(
      join(prometheusFolder, 'prometheus'),
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${data}`,
        '--storage.tsdb.retention.time=10y',
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=error',
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const prometheus = new RealPrometheus(`http://127.0.0.1:${port}`, directory, started);
    const giveUpMs = Date.now() + 60_000;
    for (;;) {
      const answer = await fetch(`${prometheus.url}/-/ready`).catch(() => undefined);
      if (answer?.status === 200) return prometheus;
      if (Date.now() > giveUpMs) {
        await prometheus.close();
        throw new Error('Prometheus does not get ready within a minute');
      }
      await delay(100);
    }
  }

  async close(): Promise<void> {
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGKILL');
      await once(this.#process, 'exit');
    }
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
