/** Bars as a picture of two colours, which mail programs show: they draw neither SVG nor what has to be fetched. */
import { crc32, deflateSync } from 'node:zlib';
import type { ReportChart } from '@sightline/schema/report';

export const pictureWidth = 960;
export const pictureHeight = 144;
const gap = 2;
/** Nothing, a bar, its failed part: colours that are seen on white and on black. */
const palette = [0, 0, 0, 0x5b, 0x7c, 0xe6, 0xd2, 0x4a, 0x43] as const;
const [bar, failed] = [1, 2] as const;

export function barsPng({ bars }: Pick<ReportChart, 'bars'>): Buffer {
  // A byte for each pixel, and one before each line: it is not filtered.
  const stride = pictureWidth + 1;
  const pixels = new Uint8Array(stride * pictureHeight);
  const top = Math.max(0, ...bars.map(({ value }) => value ?? 0));
  const step = pictureWidth / Math.max(1, bars.length);
  const draw = (index: number, value: number, color: number): void => {
    if (top === 0 || value <= 0) return;
    const tall = Math.max(2, Math.round((Math.min(value, top) / top) * pictureHeight));
    const [left, right] = [Math.round(index * step), Math.round((index + 1) * step)];
    const end = Math.max(left + 1, right - gap);
    for (let line = pictureHeight - tall; line < pictureHeight; line++)
      pixels.fill(color, line * stride + 1 + left, line * stride + 1 + end);
  };
  for (const [index, { value, bad }] of bars.entries()) {
    draw(index, value ?? 0, bar);
    draw(index, bad, failed);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(pictureWidth, 0);
  head.writeUInt32BE(pictureHeight, 4);
  // Eight bits that name a colour of the palette.
  head.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    chunk('PLTE', Buffer.from(palette)),
    // The first colour is seen through.
    chunk('tRNS', Buffer.from([0])),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(named.length + 8);
  framed.writeUInt32BE(data.length, 0);
  named.copy(framed, 4);
  framed.writeUInt32BE(crc32(named), named.length + 4);
  return framed;
}
