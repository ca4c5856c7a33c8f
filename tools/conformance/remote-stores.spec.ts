// SPDX-License-Identifier: Apache-2.0
// The host program spilling to a store server over a serial line and over TCP, and what it says when that fails.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createStoreServer, hashToken, type StoreServer } from '@tinyseg/remote-store';
import { exampleGoldenModels } from '../../packages/compiler/src/testing/golden-models.js';
import { compileFile } from './compile-model.js';
import { buildHostProgram, runHost, WORKSPACE_ROOT } from './host-program.js';

const contract = (name: string): string => path.join(WORKSPACE_ROOT, 'contracts', 'plan', name);
const PLAN = contract('example.tseg');
const INPUT = contract('example-input.bin');
const expected = readFileSync(contract('example-output.bin'));
const TOKEN = 'a token for tests';

describe('the host program with a store server', () => {
  let program: string;
  let folder: string;
  let server: StoreServer | undefined;
  const outputFile = (): string => path.join(folder, 'out.bin');

  beforeAll(() => {
    program = buildHostProgram();
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tinyseg-remote-'));
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    rmSync(folder, { recursive: true });
  });

  it('spills over a pseudo terminal of its own', async () => {
    const serving = (server = createStoreServer());
    const { code, report } = await runHost(
      program,
      ['--input', INPUT, '--output', outputFile(), '--store', 'serial', PLAN],
      { onSerial: (slavePath) => void serving.attachSerial({ path: slavePath }) },
    );
    expect(report).toMatchObject({ ok: true, status: 'OK' });
    expect(code).toBe(0);
    expect(report.stores[0]).toMatchObject({ blocksWritten: 2, blocksRead: 2 });
    expect(readFileSync(outputFile())).toEqual(expected);
  });

  it('spills over TCP with a token, sample after sample, and ends its session', async () => {
    server = createStoreServer({ tokenHashes: [hashToken(TOKEN)] });
    const { port } = await server.listenTcp({ port: 0 });
    const input = readFileSync(INPUT);
    writeFileSync(path.join(folder, 'in.bin'), Buffer.concat(Array.from({ length: 20 }, () => input)));
    const { report } = await runHost(
      program,
      [
        ...['--input', path.join(folder, 'in.bin'), '--output', outputFile()],
        ...['--store', `tcp:127.0.0.1:${port}`, PLAN],
      ],
      { env: { TINYSEG_STORE_TOKEN: TOKEN } },
    );
    expect(report).toMatchObject({ ok: true, samples: 20 });
    expect(readFileSync(outputFile())).toEqual(Buffer.concat(Array.from({ length: 20 }, () => expected)));
    expect(server.stats().sessionsOpen).toBe(0);
    expect(server.stats().storedBytes).toBe(0);
  });

  it.each(['serial', 'tcp'])('spills the skips of the Tiny U-Net over %s: the same masks', async (kind) => {
    const model = exampleGoldenModels.find(({ name }) => name === 'tiny_unet_80x120')!;
    const runs = model.runs.slice(0, 2);
    const { bytes, plan } = compileFile(model.file, { shape: 'streamed', spilling: 'skips' });
    writeFileSync(path.join(folder, 'plan.tseg'), bytes);
    writeFileSync(
      path.join(folder, 'in.bin'),
      Buffer.concat(runs.map(({ inputs }) => readFileSync(inputs[0]!))),
    );
    const serving = (server = createStoreServer());
    const { port } = await serving.listenTcp({ port: 0 });
    const { report } = await runHost(
      program,
      [
        ...['--input', path.join(folder, 'in.bin'), '--output', outputFile()],
        ...['--store', kind === 'tcp' ? `tcp:127.0.0.1:${port}` : 'serial', path.join(folder, 'plan.tseg')],
      ],
      { onSerial: (slavePath) => void serving.attachSerial({ path: slavePath }) },
    );
    expect(report).toMatchObject({ ok: true, samples: 2 });
    const spilled = plan.streams.reduce(
      (sum, { tensor }) => sum + plan.tensors[tensor]!.rowBytes * plan.tensors[tensor]!.h,
      0,
    );
    expect(spilled).toBeGreaterThan(100_000);
    expect(report.stores[0]).toMatchObject({ rawBytesWritten: 2 * spilled, rawBytesRead: 2 * spilled });
    const golden = Buffer.concat(runs.map(({ outputs }) => readFileSync(outputs[0]!)));
    expect(readFileSync(outputFile()).equals(golden)).toBe(true);
  });

  it('is refused with a wrong token, by its own status and exit code 5', async () => {
    server = createStoreServer({ tokenHashes: [hashToken(TOKEN)] });
    const { port } = await server.listenTcp({ port: 0 });
    const { code, report } = await runHost(
      program,
      ['--input', INPUT, '--output', outputFile(), '--store', `tcp:127.0.0.1:${port}`, PLAN],
      { env: { TINYSEG_STORE_TOKEN: 'another' } },
    );
    expect(report).toMatchObject({ ok: false, status: 'LINK_TOKEN', stage: 'store' });
    expect(code).toBe(5);
  });

  it('ends with a named error when the server dies in the middle, and writes no output', async () => {
    const dying = createStoreServer({
      onSession: () => setTimeout(() => void dying.close(), 100),
    });
    server = dying;
    const { port } = await dying.listenTcp({ port: 0 });
    const { code, report } = await runHost(program, [
      ...['--input', INPUT, '--output', outputFile(), '--store', `tcp:127.0.0.1:${port}`],
      ...['--link-timeout', '20', '--repeat', '1000000', PLAN],
    ]);
    expect(report.ok).toBe(false);
    expect(report.status).toMatch(/^LINK_/);
    expect(code).toBe(5);
    expect(() => readFileSync(outputFile())).toThrow();
  });

  it('gives up in bounded time when nobody opens its serial port', async () => {
    const { code, report } = await runHost(program, [
      ...['--input', INPUT, '--store', 'serial', '--link-timeout', '5', PLAN],
    ]);
    expect(report).toMatchObject({ ok: false, status: 'LINK_TIMEOUT', stage: 'store' });
    expect(code).toBe(5);
  });
});
