import { expect, test } from 'vitest';
import { mediaBytes, mediaName, mediaShape } from './media-source.ts';

test('a picture inside the message is drawn, whichever way it is written', () => {
  const src = 'data:image/png;base64,iVBORw0KGgo=';
  expect(mediaShape({ type: 'image', mimeType: 'image/png', data: 'iVBORw0KGgo=' })).toEqual({
    shape: 'image',
    src,
  });
  expect(mediaShape({ type: 'image', uri: src })).toEqual({ shape: 'image', src });
  expect(mediaBytes({ type: 'image', data: 'iVBORw0KGgo=' })).toBe(9);
});

test('a picture elsewhere is a link: reading a run asks no other server', () => {
  expect(mediaShape({ type: 'image', uri: 'https://a.example/cat.png' })).toEqual({
    shape: 'file',
    href: 'https://a.example/cat.png',
  });
});

test('nothing that could run is opened', () => {
  expect(mediaShape({ type: 'file', uri: 'javascript:alert(1)' })).toEqual({
    shape: 'file',
    href: undefined,
  });
  expect(mediaShape({ type: 'image', mimeType: 'image/svg+xml', data: 'PHN2Zz4=' })).toMatchObject({
    shape: 'file',
  });
  expect(mediaShape({ type: 'blob', mimeType: 'text/html', data: 'PGI+' })).toEqual({
    shape: 'file',
    href: 'data:application/octet-stream;base64,PGI+',
  });
});

test('what is not base64 is not taken for it', () => {
  expect(mediaShape({ type: 'image', mimeType: 'image/png', data: 'not "base64"' })).toEqual({
    shape: 'file',
    href: undefined,
  });
  expect(mediaName({ type: 'file', fileId: 'file-12' })).toBe('file file-12');
});
