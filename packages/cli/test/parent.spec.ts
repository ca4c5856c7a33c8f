// SPDX-License-Identifier: Apache-2.0
// The C runtime's program when the process that started it is killed and can clean up nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describeIf } from '@tinyseg/testing';
import { hostProgramPath } from '../src/host-run/program.js';
import { buildHostProgram, cli, example, MOBILE, TestFolder } from '../src/testing/command-line.js';

const INPUT = example('golden', 'mobile_seg_96x96', 'two-cars.input.bin');
const folder = new TestFolder();
beforeAll(() => buildHostProgram());
beforeEach(() => folder.open());
afterEach(() => folder.close());

describeIf(
  process.platform === 'linux',
  'a program learns that its parent was killed on Linux only',
  'run the tests on Linux',
  'the runtime',
  () => {
    it('ends with its parent', async () => {
      const plan = folder.path('p.tseg');
      await cli([
        ...['compile', MOBILE, '--strategy', 'layers', '--ram', '100K', '--stream-io', '--store', 'remote'],
        ...['-o', plan],
      ]);
      // It waits for an answer on a line where nobody is, for minutes; the shell waits for it.
      const program = `"${hostProgramPath({})}" --with-parent --store serial --link-timeout 8000`;
      const shell = spawn('sh', ['-c', `${program} --input "${INPUT}" "${plan}"; true`]);
      const [event] = (await once(shell.stderr, 'data')) as [Buffer];
      expect(event.toString()).toContain('"event":"serial"');
      shell.kill('SIGKILL');
      // Both hold the pipe: it closes when the last of them is gone.
      await once(shell, 'close');
      expect(shell.signalCode).toBe('SIGKILL');
    });
  },
);
