// SPDX-License-Identifier: Apache-2.0
// The child process, with Node in the place of the C runtime.
import { runChild, type ChildOptions } from './child.js';

const run = (script: string, options: Partial<ChildOptions> = {}) =>
  runChild(process.execPath, ['-e', script], {
    env: {},
    signal: new AbortController().signal,
    onSerial: () => Promise.resolve(),
    ...options,
  });

const EVENT = `{"event":"serial","path":"/dev/pts/7"}`;

describe('a child process', () => {
  it('gives what it printed and how it ended', async () => {
    const script = 'console.log("out"); console.error("err"); process.exitCode = 5';
    expect(await run(script)).toEqual({ stdout: 'out\n', stderr: 'err\n', exit: 'exit code 5' });
  });

  it.each([
    ['in one piece', `process.stderr.write('x\\n${EVENT}\\n${EVENT}\\n')`],
    [
      'in two',
      `process.stderr.write('${EVENT.slice(0, 20)}'); setTimeout(() => process.stderr.write('${EVENT.slice(20)}\\n'), 50)`,
    ],
    ['after more than is kept', `process.stderr.write('x'.repeat(2 ** 21) + '\\n${EVENT}\\n')`],
  ])('tells its serial port once: %s', async (_how, script) => {
    const paths: string[] = [];
    const { stderr } = await run(script, { onSerial: async (path) => void paths.push(path) });
    expect(paths).toEqual(['/dev/pts/7']);
    expect(stderr.length).toBeLessThanOrEqual(2 ** 20);
  });

  it('tells each of its serial ports, in order', async () => {
    const paths: string[] = [];
    const other = EVENT.replace('7', '8');
    const script = `process.stderr.write('${EVENT}\\n'); process.stderr.write('${other}\\n${EVENT}\\n')`;
    await run(script, { onSerial: async (path) => void paths.push(path) });
    expect(paths).toEqual(['/dev/pts/7', '/dev/pts/8']);
  });

  it('is killed when it prints without end', async () => {
    const script = `const more = () => process.stdout.write('x'.repeat(2 ** 20), more); more()`;
    await expect(run(script)).rejects.toMatchObject({ code: 'HOST_PROGRAM_FAILED' });
  });

  it('is killed when its store is lost, and at once when nobody wants it any more', async () => {
    const lost = new Error('lost');
    const script = `process.stderr.write('${EVENT}\\n'); setInterval(() => undefined, 1000)`;
    await expect(run(script, { onSerial: () => Promise.reject(lost) })).rejects.toBe(lost);
    const controller = new AbortController();
    const stopping = { signal: controller.signal, onSerial: async () => controller.abort(lost) };
    await expect(run(script, stopping)).rejects.toBe(lost);
    await expect(run(script, { signal: controller.signal })).rejects.toBe(lost);
  });
});
