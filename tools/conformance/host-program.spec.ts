// SPDX-License-Identifier: Apache-2.0
// The host program's command line, files, reports and exit codes, with the example plan of the contracts.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildHostProgram, runHost, runHostJobs, WORKSPACE_ROOT } from './host-program.js';

const contract = (name: string): string => path.join(WORKSPACE_ROOT, 'contracts', 'plan', name);
const PLAN = contract('example.tseg');
const INPUT = contract('example-input.bin');
const input = readFileSync(INPUT);
const expected = readFileSync(contract('example-output.bin'));

describe('the host program', () => {
  let program: string;
  let folder: string;
  const inFolder = (name: string): string => path.join(folder, name);
  const run = (...args: string[]) => runHost(program, args);

  beforeAll(() => {
    program = buildHostProgram();
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tinyseg-host-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('runs a plan and says what it used', async () => {
    const { code, report } = await run(
      '--input',
      INPUT,
      '--output',
      inFolder('out.bin'),
      '--arena-guard',
      PLAN,
    );
    expect(code).toBe(0);
    expect(report).toMatchObject({ ok: true, status: 'OK', samples: 1, arenaBytes: 48, outputBytes: 8 });
    expect(report.arenaHighWaterBytes).toBeGreaterThan(16);
    expect(report.arenaHighWaterBytes).toBeLessThanOrEqual(48);
    expect(report.stackHighWaterBytes).toBeGreaterThan(100);
    expect(report.stackHighWaterBytes).toBeLessThan(16384);
    expect(report.stores[0]).toMatchObject({ store: 'ram', rawBytesWritten: 16, rawBytesRead: 16 });
    expect(report.operators.map((one) => one.calls)).toEqual([4, 4]);
    expect(readFileSync(inFolder('out.bin'))).toEqual(expected);
  });

  it('runs every sample of a file, and of standard input', async () => {
    writeFileSync(inFolder('in.bin'), Buffer.concat([input, Buffer.alloc(16), input]));
    const fromFile = await run('--input', inFolder('in.bin'), '--output', inFolder('a.bin'), PLAN);
    expect(fromFile.report.samples).toBe(3);
    const fromStdin = await runHost(program, ['--input', '-', '--output', inFolder('b.bin'), PLAN], {
      stdin: readFileSync(inFolder('in.bin')),
    });
    expect(fromStdin.report.samples).toBe(3);
    const output = readFileSync(inFolder('a.bin'));
    expect(output).toEqual(readFileSync(inFolder('b.bin')));
    expect(output.subarray(0, 8)).toEqual(expected);
    expect(output.subarray(16)).toEqual(expected);
  });

  it('spills to a file and gives the same bytes', async () => {
    const spilled = inFolder('spill.bin');
    const { report } = await run(
      '--input',
      INPUT,
      '--output',
      inFolder('out.bin'),
      '--store',
      `file:${spilled}`,
      PLAN,
    );
    expect(report.ok).toBe(true);
    expect(report.stores[0]!.deviceBytesWritten).toBeGreaterThanOrEqual(16);
    expect(existsSync(spilled)).toBe(false);
    expect(readFileSync(inFolder('out.bin'))).toEqual(expected);
  });

  it('writes what every operator computed', async () => {
    const { report } = await run('--input', INPUT, '--dump-layers', folder, PLAN);
    expect(report.layers?.map((one) => one.source)).toEqual([1, 2]);
    const [middle, last] = report.layers!;
    expect(readFileSync(inFolder(last!.file))).toEqual(expected);
    expect([...new Int8Array(readFileSync(inFolder(middle!.file)))]).toEqual(
      [...new Int8Array(input)].map((value) => Math.min(127, 0 - value)),
    );
  });

  it('says what a plan needs without running it', async () => {
    const { code, report } = await run('--info', PLAN);
    expect(code).toBe(0);
    expect(report).toMatchObject({ ok: true, arenaBytes: 48, outputBytes: 8 });
    expect(report.contextBytes).toBeGreaterThan(0);
    expect(report.samples).toBeUndefined();
  });

  it('refuses a wrong command line with exit code 2', async () => {
    const lines = [
      ['--input', INPUT],
      ['--wrong', PLAN],
      ['--input'],
      [PLAN, PLAN],
      [PLAN],
      ['--input', INPUT, '--input', INPUT, PLAN],
      ['--input', INPUT, '--arena', 'much', PLAN],
      ['--input', INPUT, '--store', 'tape', PLAN],
      ['--input', INPUT, '--output', inFolder('no/such/folder.bin'), PLAN],
    ];
    for (const line of lines) {
      const { code, report } = await run(...line);
      expect([line, code]).toEqual([line, 2]);
      expect(report.ok).toBe(false);
      expect(report.message).not.toBe('');
    }
  });

  it('refuses a missing, cut, or damaged plan with exit code 3 and its status', async () => {
    const plan = readFileSync(PLAN);
    const cases: [string, Uint8Array | undefined][] = [
      ['PLAN_FILE', undefined],
      ['PLAN_TRUNCATED', plan.subarray(0, 500)],
      ['PLAN_MAGIC', Buffer.from('not a plan, but long enough to be looked at')],
      ['PLAN_CRC', Buffer.from(plan).fill(1, 200, 201)],
      ['PLAN_CONSTANTS_CRC', Buffer.from(plan).fill(1, plan.length - 1)],
    ];
    for (const [status, bytes] of cases) {
      if (bytes) writeFileSync(inFolder('plan.tseg'), bytes);
      const { code, report } = await run(
        '--input',
        INPUT,
        '--output',
        inFolder('out.bin'),
        inFolder('plan.tseg'),
      );
      expect(report).toMatchObject({ ok: false, status, stage: 'load' });
      expect(code).toBe(3);
    }
  });

  it('leaves nothing behind when a sample is cut or missing', async () => {
    for (const bytes of [Buffer.concat([input, input.subarray(0, 3)]), Buffer.alloc(0)]) {
      writeFileSync(inFolder('in.bin'), bytes);
      const { code, report } = await run(
        '--input',
        inFolder('in.bin'),
        '--output',
        inFolder('out.bin'),
        PLAN,
      );
      expect(code).toBe(3);
      expect(report).toMatchObject({ ok: false, status: 'INPUT' });
      expect(readdirSync(folder)).toEqual(['in.bin']);
    }
  });

  it('refuses an arena that is too small with exit code 4', async () => {
    const { code, report } = await run('--input', INPUT, '--arena', '47', PLAN);
    expect(report).toMatchObject({ ok: false, status: 'ARENA_SIZE' });
    expect(code).toBe(4);
  });

  it('names a store that is not there with exit code 5', async () => {
    const { code, report } = await run('--input', INPUT, '--store', 'tcp:127.0.0.1:1', PLAN);
    expect(report).toMatchObject({ ok: false, status: 'LINK_CLOSED', stage: 'store' });
    expect(code).toBe(5);
  });

  it('runs many jobs in one process, each with its own report', async () => {
    const wanted = ['--input', INPUT, '--output'];
    const jobs = [
      [...wanted, inFolder('a.bin'), PLAN],
      [...wanted, inFolder('b.bin'), inFolder('missing.tseg')],
      ['--jobs', inFolder('jobs.txt')],
      ['--store', `file:${inFolder('spill')}`, ...wanted, inFolder('c.bin'), PLAN],
    ];
    const reports = await runHostJobs(program, jobs, inFolder('jobs.txt'));
    expect(reports.map(({ status }) => status)).toEqual(['OK', 'PLAN_FILE', 'ARGUMENT', 'OK']);
    expect(readFileSync(inFolder('a.bin'))).toEqual(expected);
    expect(readFileSync(inFolder('c.bin'))).toEqual(expected);
    expect(readdirSync(folder).sort()).toEqual(['a.bin', 'c.bin', 'jobs.txt']);
    const { code } = await runHost(program, ['--jobs', inFolder('none.txt')]);
    expect(code).toBe(2);
  });

  it('is killed, and the job named, when its jobs take too long', async () => {
    const jobs = [
      ['--input', INPUT, PLAN],
      ['--input', INPUT, '--repeat', '1000000', PLAN],
    ];
    const running = runHostJobs(program, jobs, inFolder('jobs.txt'), { timeoutMs: 2000 });
    await expect(running).rejects.toThrow(/SIGKILL.*--repeat 1000000/);
  });
});
