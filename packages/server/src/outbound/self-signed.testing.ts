import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** A certificate of its own CA for one host name, made by openssl. It ended already where `days` is less than 0. */
export function selfSigned(host: string, days: number): Certificate {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-certificate-'));
  const [key, request, cert] = ['key', 'csr', 'pem'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  const run = (line: string): unknown => execFileSync('openssl', line.split(' '), { stdio: 'ignore' });
  try {
    const names = `-subj /CN=${host} -addext subjectAltName=DNS:${host}`;
    run(
      `req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ${names} -keyout ${key} -out ${request}`,
    );
    // `req -x509` makes none that ended.
    run(`x509 -req -in ${request} -signkey ${key} -days ${days} -copy_extensions copy -out ${cert}`);
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
