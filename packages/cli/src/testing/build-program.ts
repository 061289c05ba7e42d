import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

/** Writes `<name>.ts` into the folder and builds it with its source map into `dist`, as a pipeline does. Gives the path of the built file. */
export async function buildProgram(
  folder: string,
  name: string,
  source: string,
  entryFileNames = '[name].js',
): Promise<string> {
  const input = join(folder, `${name}.ts`);
  await mkdir(dirname(input), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(input, source);
  const built = await rolldown({ input });
  const { output } = await built.write({
    dir: join(folder, 'dist'),
    sourcemap: true,
    minify: true,
    entryFileNames,
  });
  await built.close();
  return join(folder, 'dist', output[0].fileName);
}
