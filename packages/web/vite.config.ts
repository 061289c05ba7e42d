import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `vite dev` finds a running server; the built UI is served by the server itself. */
const serverUrl = process.env['SIGHTLINE_URL'] ?? 'http://127.0.0.1:4300';

const proxy = { '/api': serverUrl, '/health': serverUrl };

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [react()],
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // Fonts stay files: as data URLs they would count against the first page.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: { proxy },
  preview: { proxy },
});
