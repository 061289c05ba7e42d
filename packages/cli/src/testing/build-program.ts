import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** Writes `<name>.ts` into the folder and builds `dist/<name>.js` with its source map, as a pipeline does. Gives the path of the built file. */
export async function buildProgram(folder: string, name: string, source: string): Promise<string> {
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, `${name}.ts`), source);
  const built = await rolldown({ input: join(folder, `${name}.ts`) });
  await built.write({ dir: join(folder, 'dist'), sourcemap: true, minify: true });
  await built.close();
  return join(folder, `dist/${name}.js`);
}
