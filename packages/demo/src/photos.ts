import { crc32, deflateSync } from 'node:zlib';

/** Pictures that customers send. Drawn, so that the demo carries no files. */
export type PhotoId = 'chain';

const width = 240;
const height = 120;
const drawn = new Map<PhotoId, string>();

/** Base64 of a PNG: a chain over a chain gauge, as a phone in a garage sees it. */
export function drawPhoto(photo: PhotoId): string {
  const known = drawn.get(photo);
  if (known !== undefined) return known;
  const base64 = encodePng(chainPixel).toString('base64');
  drawn.set(photo, base64);
  return base64;
}

type Colour = readonly [number, number, number];

function chainPixel(x: number, y: number): Colour {
  const shade = 1 - 0.35 * Math.hypot(x / width - 0.5, y / height - 0.5);
  const link = x % 30;
  const inPin = Math.hypot(link - 15, y - 58) < 5;
  const inPlate = Math.abs(y - 58) < 13 - 5 * Math.cos((link / 30) * 2 * Math.PI);
  const onGauge = y > 84 && y < 100 && x > 20 && x < 214;
  const colour: Colour = inPin
    ? [62, 60, 58]
    : inPlate
      ? [150 - (x % 60 < 30 ? 22 : 0), 138, 120]
      : onGauge
        ? x % 12 < 1
          ? [40, 44, 50]
          : [196, 120, 44]
        : [206, 203, 196];
  return [colour[0] * shade, colour[1] * shade, colour[2] * shade];
}

function encodePng(colourAt: (x: number, y: number) => Colour): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows.set(colourAt(x, y).map(Math.round), y * (1 + width * 3) + 1 + x * 3);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}
