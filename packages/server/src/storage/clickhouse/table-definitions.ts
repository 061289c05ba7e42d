/**
 * The definitions of the embedded engine's tables, kept a second time. To the engine a table whose definition is gone does not exist, and a database whose definition is
 * gone is a new, empty one, while the rows lie beside. Definitions change by migrations only: between these the copy is right.
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SightlineError } from '@sightline/schema/errors';

interface Definitions {
  /** Where the folder of the tables' definitions really is, as in `../store/ca8/…`. */
  readonly link: string;
  readonly database: string;
  readonly tables: Readonly<Record<string, string>>;
}

export class TableDefinitions {
  readonly #directory: string;
  readonly #databaseName: string;
  readonly #copyFile: string;

  constructor(directory: string, database: string) {
    this.#directory = directory;
    this.#databaseName = database;
    this.#copyFile = join(directory, 'table-definitions.json');
  }

  /**
   * To be called before the engine is opened: puts back what is gone or changed, and resolves with its names.
   * @throws SightlineError `store_damaged` where there is data, no definition of it, and no copy.
   */
  restore(): readonly string[] {
    const copy = this.#readCopy();
    if (copy === undefined) {
      this.#refuseOrphans();
      return [];
    }
    const restored: string[] = [];
    const put = (path: string, text: string): void => {
      if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      restored.push(path.slice(this.#metadata.length + 1));
    };
    put(this.#databaseFile, copy.database);
    if (!isThere(this.#tablesFolder)) {
      mkdirSync(resolve(this.#metadata, copy.link), { recursive: true });
      symlinkSync(copy.link, this.#tablesFolder);
      restored.push(this.#databaseName);
    }
    for (const [file, text] of Object.entries(copy.tables)) put(join(this.#tablesFolder, file), text);
    return restored;
  }

  /** To be called before definitions are changed: what is half done by a process that is killed is not damage. */
  forget(): void {
    rmSync(this.#copyFile, { force: true });
  }

  /** To be called when all tables are as this version wants them. */
  keep(): void {
    const files = readdirSync(this.#tablesFolder).filter(
      (file) => file.endsWith('.sql') && !file.includes('_rederived'),
    );
    const copy: Definitions = {
      link: readlinkSync(this.#tablesFolder),
      database: readFileSync(this.#databaseFile, 'utf8'),
      tables: Object.fromEntries(
        files.map((file) => [file, readFileSync(join(this.#tablesFolder, file), 'utf8')]),
      ),
    };
    const text = JSON.stringify(copy);
    if (existsSync(this.#copyFile) && readFileSync(this.#copyFile, 'utf8') === text) return;
    writeFileSync(`${this.#copyFile}.tmp`, text);
    renameSync(`${this.#copyFile}.tmp`, this.#copyFile);
  }

  /** Definitions that no engine can read: the reason why one cannot be opened. */
  unreadable(): readonly string[] {
    const files = isThere(this.#tablesFolder)
      ? readdirSync(this.#tablesFolder).map((file) => join(this.#tablesFolder, file))
      : [];
    return files.filter((file) => file.endsWith('.sql') && !readFileSync(file, 'utf8').startsWith('ATTACH '));
  }

  get #metadata(): string {
    return join(this.#directory, 'metadata');
  }

  get #databaseFile(): string {
    return join(this.#metadata, `${this.#databaseName}.sql`);
  }

  get #tablesFolder(): string {
    return join(this.#metadata, this.#databaseName);
  }

  #readCopy(): Definitions | undefined {
    try {
      return JSON.parse(readFileSync(this.#copyFile, 'utf8')) as Definitions;
    } catch {
      return undefined;
    }
  }

  #refuseOrphans(): void {
    const store = join(this.#directory, 'store');
    if (existsSync(this.#databaseFile) || !existsSync(store) || !holdsParts(store)) return;
    throw new SightlineError(
      'store_damaged',
      `Cannot open the telemetry store: "${store}" holds data, and the definition of its database, "${this.#databaseFile}", is gone.`,
      {
        hint: `Restore "${this.#metadata}" from a backup, or move "${this.#directory}" away to start with an empty store.`,
      },
    );
  }
}

/** Part folders are two levels below, as in `627/627df639-…/20261123_5_5_0`. */
function holdsParts(store: string): boolean {
  const below = (folder: string): readonly string[] =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name));
  return below(store)
    .flatMap(below)
    .flatMap(below)
    .some((folder) => /\/(?:all|\d{8})_\d+_\d+_\d+/.test(folder));
}

/** A link that leads nowhere is there, too. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
