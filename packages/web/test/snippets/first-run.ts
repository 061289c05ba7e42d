/** A server, a fake model, and the question whether a snippet leads to a run with its cost. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Run, RunsResponse } from '@sightline/schema/api';
import { startProtocolServers } from '../../../../conformance/dialects/record/protocol-servers.mjs';
import { ensureBuilt, packageRoot } from '../../../sdk/src/test/built-package.ts';
import { LiveServer } from '../../../server/src/testing/live-server.ts';
import type { SendTo, Snippet } from '../../src/model/snippets/snippet.ts';
import { runSnippet } from './run-snippet.ts';

export class FirstRunStage {
  readonly #server: LiveServer;
  readonly #model: { readonly url: string; readonly close: () => void };
  readonly #known = new Set<string>();

  private constructor(server: LiveServer, model: { readonly url: string; readonly close: () => void }) {
    this.#server = server;
    this.#model = model;
  }

  static async open(): Promise<FirstRunStage> {
    return new FirstRunStage(await LiveServer.start(), await startProtocolServers({ release: '2026-03-17' }));
  }

  get server(): LiveServer {
    return this.#server;
  }

  get to(): SendTo {
    return { server: this.#server.ui, endpoint: this.#server.otlpHttp, apiKey: undefined };
  }

  /** Runs the snippet, and gives the run that came of it as soon as it has its cost. */
  async firstRunOf(snippet: Snippet): Promise<Run> {
    // What came before is known when it is settled.
    await this.#server.stored();
    for (const { traceId } of await this.#runs()) this.#known.add(traceId);
    const printed = await runSnippet(snippet, { modelUrl: this.#model.url, timeoutMs: 400_000 });
    const until = Date.now() + 30_000;
    for (;;) {
      const come = (await this.#runs()).filter(({ traceId }) => !this.#known.has(traceId));
      const costed = come.find(({ costUsd }) => costUsd !== null && costUsd > 0);
      if (costed !== undefined) {
        // Its other spans may come in another request.
        await this.#server.stored();
        const runs = await this.#runs();
        return runs.find(({ traceId }) => traceId === costed.traceId) ?? costed;
      }
      if (Date.now() > until)
        throw new Error(
          `No run with a cost came, but ${JSON.stringify(come, null, 1)}. The snippet printed:\n${printed}`,
        );
      await delay(200);
    }
  }

  async #runs(): Promise<readonly Run[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await this.#server.read<RunsResponse>('/runs?from=-1h&limit=200')).runs;
      } catch (error) {
        // A connection that was idle through minutes of installing is closed by the server.
        if (attempt === 3 || !(error instanceof TypeError)) throw error;
      }
    }
  }

  async close(): Promise<void> {
    this.#model.close();
    await this.#server.close();
  }
}

/** The SDK where the server offers it from, packed as `npm start` packs it. */
export async function packSdk(): Promise<void> {
  await ensureBuilt();
  const folder = join(packageRoot, 'packed');
  mkdirSync(folder, { recursive: true });
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: packageRoot, encoding: 'utf8' })) as [
    { filename: string },
  ];
  renameSync(join(folder, packed.filename), join(folder, 'sightline-sdk.tgz'));
}
