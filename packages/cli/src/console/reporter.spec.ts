// SPDX-License-Identifier: Apache-2.0
// Where texts go: to stdout, unless a file of the same command goes there.
import { isStdout } from '../files/output-file.js';
import type { CliHost } from './host.js';
import { Reporter } from './reporter.js';

describe('a result', () => {
  it.each([
    [false, ['text\n', '']],
    [true, ['', 'text\n']],
  ])('is kept apart from a file on stdout (%s)', (stdoutTaken, written) => {
    const sinks = { stdout: '', stderr: '' };
    const sink = (name: keyof typeof sinks) => ({ write: (text: string) => (sinks[name] += text) });
    const host = { env: {}, stdout: sink('stdout'), stderr: sink('stderr') } as unknown as CliHost;
    new Reporter(host, { json: false, quiet: false, stdoutTaken }).result('text');
    expect([sinks.stdout, sinks.stderr]).toEqual(written);
  });

  it('knows the names of stdout', () => {
    expect(['/dev/stdout', '/dev/fd/1', '/dev/null', 'stdout'].map(isStdout)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
