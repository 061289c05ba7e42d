import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Every file below `folder` whose name ends with one of `endings`, without what is installed or built. */
export function sourceFiles(folder: string, endings: readonly string[]): SourceFile[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/\/(node_modules|dist|\.git|\.cache|data)\//.test(path))
    .map((path) => ({ path: relative(root, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }));
}

/** What a file imports, types included: package names as they are, relative paths resolved against the root. */
export function importsOf(file: SourceFile): string[] {
  return resolved(file, /(?:^|[^.\w])(?:from|import)\s*\(?\s*'([^']+)'/g);
}

/** As `importsOf`, without what is loaded on demand. */
export function staticImportsOf(file: SourceFile): string[] {
  return resolved(file, /(?:^|[^.\w])(?:from|import)\s*'([^']+)'/g);
}

function resolved(file: SourceFile, pattern: RegExp): string[] {
  const folder = join(root, file.path, '..');
  return [...file.text.matchAll(pattern)]
    .map(([, specifier = '']) => specifier)
    .map((specifier) =>
      specifier.startsWith('.') ? relative(root, join(folder, specifier)).replaceAll('\\', '/') : specifier,
    );
}

export const isTest = (path: string): boolean =>
  /\.(test|testing|bench)\.tsx?$|\/(test|testing)\//.test(path);
