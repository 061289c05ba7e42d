import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataDirectory } from './data-directory.ts';

describe('the data directory', () => {
  let parent: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'sightline-data-'));
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  it('is made where it is missing, and free again after release', () => {
    const directory = join(parent, 'a/b');
    const opened = openDataDirectory(directory, process.pid);
    expect(existsSync(join(directory, 'sightline.lock'))).toBe(true);
    opened.release();
    expect(existsSync(join(directory, 'sightline.lock'))).toBe(false);
  });

  it('is refused while another process holds it, naming that process', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    try {
      openDataDirectory(parent, other.pid ?? 0);
      expect(() => openDataDirectory(parent, process.pid)).toThrow(
        expect.objectContaining({
          code: 'data_directory_locked',
          message: expect.stringContaining(`process ${other.pid}`),
        }),
      );
    } finally {
      other.kill('SIGKILL');
      await new Promise((resolve) => other.once('exit', resolve));
    }
    openDataDirectory(parent, process.pid).release();
  });

  it('is taken over from a killed process whose number is used again', () => {
    writeFileSync(join(parent, 'sightline.lock'), JSON.stringify({ pid: process.ppid, started: '1' }));
    openDataDirectory(parent, process.pid).release();
  });

  it('is taken over when the lock was half written by a dying machine', () => {
    writeFileSync(join(parent, 'sightline.lock'), '{"pi');
    openDataDirectory(parent, process.pid).release();
  });

  it('is refused where nothing can be made, whatever the file system answers', () => {
    for (const directory of ['/proc/sightline/data', '/dev/null/data', '/dev/null'])
      expect(() => openDataDirectory(directory, process.pid)).toThrow(
        expect.objectContaining({ code: 'data_directory_unwritable' }),
      );
  });

  it('says so when it cannot be made', () => {
    const file = join(parent, 'file');
    writeFileSync(file, '');
    chmodSync(file, 0o400);
    expect(() => openDataDirectory(join(file, 'data'), process.pid)).toThrow(
      expect.objectContaining({ code: 'data_directory_unwritable' }),
    );
  });
});
