// SPDX-License-Identifier: Apache-2.0
// The firmware's report, taken apart.
import { decodeReport } from './report.js';

/** A report with one store and two operators. */
function sample(edit: (view: DataView) => void = () => undefined): Uint8Array {
  const bytes = new Uint8Array(128 + 56 + 2 * 16);
  const view = new DataView(bytes.buffer);
  const words: Readonly<Record<number, number>> = {
    0: 0x52465354,
    4: 1,
    8: 7,
    20: 3,
    24: 1000,
    28: 990,
    60: 1,
    64: 1,
    88: 1,
    116: 1,
    120: 2,
  };
  for (const [at, value] of Object.entries(words)) view.setUint32(Number(at), value, true);
  view.setBigUint64(80, 0x1_0000_0005n, true);
  view.setUint32(128, 5, true);
  view.setBigUint64(144, 77n, true);
  view.setBigUint64(128 + 56 + 16, 12345n, true);
  view.setUint32(128 + 56 + 24, 80, true);
  edit(view);
  return bytes;
}

describe('a report of firmware', () => {
  it('gives its figures', () => {
    const report = decodeReport(sample());
    expect(report).toMatchObject({
      stage: 'done',
      status: 0,
      samples: 3,
      arenaBytes: 1000,
      arenaHighWaterBytes: 990,
      guarded: true,
      counted: true,
      executorInstructions: 0x1_0000_0005,
      running: 1,
      stores: [{ kind: 5, rawBytesWritten: 77 }],
      operators: [
        { instructions: 0, calls: 0 },
        { instructions: 12345, calls: 80 },
      ],
    });
    expect(report?.fault).toBeUndefined();
  });

  it('tells of a fault', () => {
    const report = decodeReport(
      sample((view) => {
        view.setUint32(92, 1, true);
        view.setUint32(96, 4, true);
        view.setUint32(104, 0x20000000, true);
        view.setInt32(12, -4, true);
      }),
    );
    expect(report).toMatchObject({ status: -4, fault: { exception: 'MemManage', address: 0x20000000 } });
  });

  it('is nothing when a byte is missing or too many, wherever it is cut', () => {
    const whole = sample();
    for (let length = 0; length < whole.length; length++) {
      expect(decodeReport(whole.subarray(0, length))).toBeUndefined();
    }
    expect(decodeReport(new Uint8Array([...whole, 0]))).toBeUndefined();
  });

  it.each([
    ['magic', 0],
    ['version', 4],
    ['stage', 8],
    ['count of stores', 116],
    ['count of operators', 120],
  ])('is nothing with another %s', (_, at) => {
    expect(decodeReport(sample((view) => view.setUint32(at, 0xffffffff, true)))).toBeUndefined();
  });
});
