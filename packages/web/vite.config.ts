import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { writeFonts } from './vite.fonts.ts';

/** Where `vite dev` finds a running server; the built UI is served by the server itself. */
const serverUrl = process.env['SIGHTLINE_URL'] ?? 'http://127.0.0.1:4300';

// The Host header stays the page's own: the server takes requests of other pages for hostile.
const toServer = { target: serverUrl, changeOrigin: false };
const proxy = Object.fromEntries(
  ['/api', '/prometheus', '/health', '/ready', '/sdk.tgz'].map((path) => [path, toServer]),
);

/** Beside each text file of the build its compressed forms, which the server sends as they are. Fonts are compressed already. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    closeBundle: () => {
      const folder = join(import.meta.dirname, 'dist');
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      for (const file of files.filter((name) => /\.(?:js|css|svg)$/.test(name))) {
        const bytes = readFileSync(join(folder, file));
        writeFileSync(join(folder, `${file}.br`), brotliCompressSync(bytes));
        writeFileSync(join(folder, `${file}.gz`), gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

await writeFonts();

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [react(), compressed()],
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // Fonts stay files: as data URLs they would count against the first page.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // Few files: each costs a kilobyte of headers, and compresses by itself.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // The overview, which is the first page, has no table.
            {
              name: 'tables',
              test: /react-virtual|virtual-core|widgets.data-table/,
              includeDependenciesRecursively: false,
            },
            {
              name: 'framework',
              test: /node_modules.(?:(?:react|react-dom|scheduler)[\\/]|@tanstack.(?!.*virtual))/,
            },
            // Each of these alone is smaller than what a file more takes on its way.
            {
              name: 'beside-charts',
              test: /widgets.(?:expected-toggle|alert-on-this|send-to|use-chart-moment|failure-note)\.tsx?$/,
              includeDependenciesRecursively: false,
            },
            {
              name: 'parts',
              test: /widgets.(?:chart-tools|part-note|use-part)\.tsx?$/,
              includeDependenciesRecursively: false,
            },
            { name: 'shared', minShareCount: 10 },
          ],
        },
      },
    },
  },
  server: { proxy },
  preview: { proxy },
});
