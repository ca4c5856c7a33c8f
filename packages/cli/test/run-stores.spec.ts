// SPDX-License-Identifier: Apache-2.0
// run of a plan that spills to several stores: each is bound in the plan's order, and what does not fit is refused.
import { readFileSync, writeFileSync } from 'node:fs';
import { loadBoard } from '@tinyseg/boards';
import { compileModel } from '@tinyseg/compiler';
import { createStoreServer, hashToken, type StoreServer } from '@tinyseg/remote-store';
import {
  buildHostProgram,
  cli,
  documentOf,
  errorCode,
  example,
  MOBILE,
  TestFolder,
} from '../src/testing/command-line.js';

const INPUT = example('golden', 'mobile_seg_96x96', 'two-cars.input.bin');
const golden = readFileSync(example('golden', 'mobile_seg_96x96', 'two-cars.output.bin'));
const BY_LAYERS = [MOBILE, '--strategy', 'layers'];

const folder = new TestFolder();
let server: StoreServer | undefined;
beforeAll(() => buildHostProgram());
beforeEach(() => folder.open());
afterEach(async () => {
  await server?.close();
  server = undefined;
  folder.close();
});

/** A plan that spills to RAM and, since that is full, to a file. */
function planOnTwoStores(): string {
  const host = loadBoard('host');
  const stores = host.stores.map((store) =>
    store.name === 'ram' ? { ...store, capacityBytes: 60_000 } : store,
  );
  const { bytes, report } = compileModel(readFileSync(MOBILE), {
    ...{ board: { ...host, stores }, stores: ['ram', 'file'], strategy: 'layers', streamIo: true },
    ramBytes: 100 * 1024,
  });
  expect(report.stores).toEqual(['ram', 'file']);
  const file = folder.path('two.tseg');
  writeFileSync(file, bytes);
  return file;
}

describe('the stores of a plan', () => {
  it.each([
    ['ram,file:F', 'ram,file:F'],
    ['file:F,serial', 'file:F,serial'],
    ['serial,WS', 'serial,WS'],
  ])('are bound to those of the plan in their order: %s', async (_, store) => {
    server = createStoreServer({ tokenHashes: [hashToken('secret')] });
    const { url } = await server.listenWebSocket();
    const spill = folder.path('spill,0');
    const named = store.replace('F', spill).replace('WS', `${url}/`);
    const plan = planOnTwoStores();
    const args = ['run', plan, '-i', INPUT, '-o', folder.path('out.bin'), '--json'];
    const env = { TINYSEG_STORE_TOKEN: store.includes('WS') ? 'secret' : '' };
    const together = documentOf(await cli([...args, '--store', named], { env }));
    expect(together).toMatchObject({ ok: true, store: named });
    const apart = named.replace(/,(?=(?:serial|ws|file))/, ' ').split(' ');
    const twice = await cli([...args, ...apart.flatMap((one) => ['--store', one])], { env });
    const { stores } = documentOf(twice) as { readonly stores: readonly Record<string, unknown>[] };
    expect(stores.map((one) => one['store'])).toEqual(apart);
    expect(stores.map((one) => one['spilledBytes'])).toEqual([expect.any(Number), expect.any(Number)]);
    for (const one of stores) expect(one['spilledBytes']).toBeGreaterThan(0);
    expect(readFileSync(folder.path('out.bin')).equals(golden)).toBe(true);
    expect(folder.contents()).toEqual(['out.bin', 'two.tseg']);
  });

  it.each([
    ['one of two', ['ram']],
    ['three of two', ['ram', 'ram', 'ram']],
  ])('that are not as many as those of the plan are refused: %s', async (_, stores) => {
    const args = ['run', planOnTwoStores(), '-i', INPUT, '-o', folder.path('out.bin'), '--json'];
    const result = await cli([...args, ...stores.flatMap((store) => ['--store', store])]);
    expect([errorCode(result), result.exitCode]).toEqual(['RUN_STORES', 2]);
    expect(result.stderr).toContain('2 stores (as compiled: ram, file)');
    expect(folder.contents()).toEqual(['two.tseg']);
  });

  it('may be any number for a plan that spills nothing, and none of them is opened', async () => {
    const plan = folder.path('p.tseg');
    await cli(['compile', ...BY_LAYERS, '-o', plan]);
    const result = await cli(['run', plan, '-i', INPUT, '--store', 'ram,tcp://127.0.0.1:1', '--json']);
    expect(documentOf(result)).toMatchObject({ ok: true, store: 'none', stores: [] });
  });

  it('can not want different tokens, nor be one file', async () => {
    const run = (store: string) =>
      cli(['run', planOnTwoStores(), '-i', INPUT, '--store', store, '-o', folder.path('out.bin'), '--json']);
    const tokens = await run('tcp://127.0.0.1:1?token=a,tcp://127.0.0.1:1?token=b');
    expect([errorCode(tokens), tokens.exitCode]).toEqual(['RUN_STORES', 2]);
    const files = await run(`file:${folder.path('f')},file:${folder.path('f')}`);
    expect([errorCode(files), files.exitCode]).toEqual(['CLI_USAGE', 2]);
  });
});
