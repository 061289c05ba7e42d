/** A picture, a sound, a file: inside the message, at an address, or known by an id only. */
export interface MediaPart {
  readonly type: 'image' | 'audio' | 'file' | 'blob' | 'uri';
  readonly mimeType?: string | undefined;
  readonly name?: string | undefined;
  /** Base64. */
  readonly data?: string | undefined;
  readonly uri?: string | undefined;
  readonly fileId?: string | undefined;
}

export type MediaShape =
  | { readonly shape: 'image'; readonly src: string }
  | { readonly shape: 'audio'; readonly src: string }
  /** Shown as a line: a name, and an address or a download where there is one. */
  | { readonly shape: 'file'; readonly href: string | undefined };

/** Kinds that a browser shows without running anything; SVG is left out as an address of its own could hold scripts. */
const shownImages = /^image\/(png|jpe?g|gif|webp|avif|bmp)$/i;
const shownAudio = /^audio\/[\w.+-]+$/i;

/** How a part of a message is shown. Pictures inside the message are drawn; those elsewhere only linked, so that opening a run asks nobody. */
export function mediaShape(part: MediaPart): MediaShape {
  const inline = inlineAddress(part);
  const mime = inline?.mime ?? part.mimeType ?? '';
  if (inline !== undefined && shownImages.test(mime)) return { shape: 'image', src: inline.address };
  if (inline !== undefined && shownAudio.test(mime)) return { shape: 'audio', src: inline.address };
  if (inline !== undefined)
    return { shape: 'file', href: `data:application/octet-stream;base64,${inline.data}` };
  return { shape: 'file', href: /^https?:\/\//i.test(part.uri ?? '') ? part.uri : undefined };
}

/** `image.png`, `image/png`, `image`: what there is to call it. */
export function mediaName(part: MediaPart): string {
  if (part.name !== undefined && part.name !== '') return part.name;
  const words = [part.type, part.mimeType, part.fileId].filter((word) => word !== undefined && word !== '');
  return words.join(' ');
}

export function mediaBytes(part: MediaPart): number | undefined {
  const data = inlineAddress(part)?.data;
  return data === undefined ? undefined : Math.floor((data.length * 3) / 4);
}

function inlineAddress(part: MediaPart): { address: string; mime: string; data: string } | undefined {
  const held = /^data:([\w.+-]+\/[\w.+-]+)?[^,]*;base64,(.*)$/is.exec(part.data ?? part.uri ?? '');
  const mime = held?.[1] ?? part.mimeType ?? (part.type === 'image' ? 'image/png' : '');
  const data = held?.[2] ?? (part.data ?? '').replaceAll(/\s/g, '');
  if (data === '' || !/^[A-Za-z0-9+/_=-]+$/.test(data)) return undefined;
  return { mime, data, address: `data:${mime};base64,${data}` };
}
