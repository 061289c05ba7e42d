/** Keys of models at rest: AES-256-GCM under a key made of the server's secret. Bound to where the key may be sent, so that a row cannot be moved elsewhere. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const form = 'v1';

export function seal(text: string, secret: string, boundTo: string): string {
  const salt = randomBytes(16);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret, salt), iv);
  cipher.setAAD(Buffer.from(boundTo));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return [form, ...[salt, iv, cipher.getAuthTag(), sealed].map((part) => part.toString('base64url'))].join(
    '.',
  );
}

/** Undefined where it was sealed with another secret, for another place, or was changed. */
export function unseal(sealed: string, secret: string, boundTo: string): string | undefined {
  const [version, ...parts] = sealed.split('.');
  const [salt, iv, tag, text] = parts.map((part) => Buffer.from(part, 'base64url'));
  if (version !== form || salt === undefined || iv === undefined || tag === undefined || text === undefined)
    return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(secret, salt), iv, { authTagLength: 16 });
    decipher.setAAD(Buffer.from(boundTo));
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

function keyOf(secret: string, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, 'sightline keys of models', 32));
}
