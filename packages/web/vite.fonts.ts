/**
 * The part of each font that the UI's own words need, as files of their own: a first page loads 30 kB of fonts instead of 70.
 * Other Latin letters come from the whole font, which a browser loads when a page shows one of them: see tokens.css.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import subsetFont from 'subset-font';

/** ASCII, and the signs that stand in our texts; the `unicode-range` of tokens.css has the same. */
const ascii = Array.from({ length: 95 }, (_, index) => String.fromCodePoint(32 + index)).join('');
const text = `${ascii}µ·×‘’“”–—…−`;
const wght = { min: 400, max: 650 };

const fonts = [
  // Closed over its layout: the tables want figures of one width.
  { name: 'source-sans-3', options: { variationAxes: { wght } } },
  // Its ligatures are off.
  { name: 'jetbrains-mono', options: { variationAxes: { wght }, noLayoutClosure: true } },
] as const;

/** Writes `src/fonts/<name>.woff2`, before the build reads the styles that name them. */
export async function writeFonts(): Promise<void> {
  const folder = join(import.meta.dirname, 'src/fonts');
  mkdirSync(folder, { recursive: true });
  const require = createRequire(import.meta.url);
  for (const { name, options } of fonts) {
    const whole = readFileSync(
      require.resolve(`@fontsource-variable/${name}/files/${name}-latin-wght-normal.woff2`),
    );
    const part = await subsetFont(whole, text, { targetFormat: 'woff2', ...options });
    writeFileSync(join(folder, `${name}.woff2`), part);
  }
}
