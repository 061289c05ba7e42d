import type { ErrorFrame } from '@sightline/schema/api';
import { fileModule, isInApp, type StackFrame } from '@sightline/schema/exceptions';
import type { StackReader } from '../read-stack.ts';
import { findBuiltFile } from './find-built-file.ts';
import { sourceMapReader } from './source-map-reader.ts';
import type { BuiltPlace, SourcePlace } from './source-map-worker.ts';

interface MapPlace {
  readonly release: string;
  readonly file: string;
}

/** The source maps of one project. */
interface Maps {
  list(releases: readonly string[]): Promise<readonly MapPlace[]>;
  /** Packed with gzip; undefined where it is gone. */
  read(place: MapPlace): Promise<Uint8Array | undefined>;
}

/** A stack that goes through more built files than this is mapped in part. */
const mapsMax = 8;

/** Frames by the source maps of the version that reported them. The stack itself, and so its group, stays as reported. */
export function stacksBySourceMap(maps: Maps): StackReader {
  return {
    sourcesOf: async (stack, { service, version }) => {
      const frames = stack.flat();
      if (version === '' || !frames.some(isPlaced)) return [];
      const known = await maps.list([version, `${service}@${version}`]);
      if (known.length === 0) return [];
      const asked = placesOf(frames, known);
      const packed = await Promise.all(asked.maps.map(async (map) => maps.read(map)));
      const found = await sourceMapReader.read({
        maps: packed.map((map) => map ?? new Uint8Array()),
        places: asked.places.map(({ place }) => place),
      });
      const sources = new Map(asked.places.map(({ frame }, index) => [frame, found[index] ?? null]));
      return stack.map((each) =>
        each.map((frame, index) => {
          const caller = each[index + 1];
          return asInSource(frame, sources.get(frame), caller && sources.get(caller));
        }),
      );
    },
  };
}

type PlacedFrame = StackFrame & { readonly line: number; readonly column: number };

const isPlaced = (frame: StackFrame): frame is PlacedFrame =>
  frame.file !== '' && (frame.line ?? 0) > 0 && (frame.column ?? 0) > 0;

/** Which maps are needed, and what is asked of them. */
function placesOf(
  frames: readonly StackFrame[],
  known: readonly MapPlace[],
): {
  readonly maps: readonly MapPlace[];
  readonly places: readonly { readonly frame: StackFrame; readonly place: BuiltPlace }[];
} {
  const names = known.map(({ file }) => file);
  const mapOf = new Map<string, MapPlace | undefined>();
  const maps: MapPlace[] = [];
  const places = frames.filter(isPlaced).flatMap((frame) => {
    if (!mapOf.has(frame.file)) {
      const name = findBuiltFile(frame.file, names);
      mapOf.set(
        frame.file,
        known.find(({ file }) => file === name),
      );
    }
    const found = mapOf.get(frame.file);
    if (found === undefined) return [];
    if (!maps.includes(found)) {
      if (maps.length >= mapsMax) return [];
      maps.push(found);
    }
    return [{ frame, place: { map: maps.indexOf(found), line: frame.line, column: frame.column } }];
  });
  return { maps, places };
}

/** A map names what stands at a place: at that of the caller, the function that was called. */
function asInSource(
  frame: StackFrame,
  place: SourcePlace | null | undefined,
  caller: SourcePlace | null | undefined,
): ErrorFrame | undefined {
  if (place === null || place === undefined) return undefined;
  const module = fileModule(place.file);
  return {
    module,
    function: caller?.name ?? frame.function,
    file: place.file,
    line: place.line,
    inApp: isInApp('javascript', place.file, module),
    source: place.source,
  };
}
