// SPDX-License-Identifier: Apache-2.0
/**
 * The arena as the replay sees it: for each byte, which byte of which tensor it holds, and which
 * transfers own it.
 */
import {
  PLACE_UNIT_BYTES,
  PLAN_NONE,
  type Plan,
  type PlanBuffer,
  type PlanTensor,
} from '../plan-format/index.js';

/** Nobody's byte: never written, or overwritten by scratch or by an unfinished fetch. */
const NOTHING = 0;

const FETCHING = 0x8000;

export type Touch = 'ok' | 'wrong' | 'held' | 'outside';

/**
 * Bytes are named by one number: the tensors' bytes are counted through, root after root, then the
 * states of the operators. `content[a]` is the name of the byte at arena address a.
 */
export class ReplayArena {
  readonly size: number;
  private readonly content: Float64Array;
  /** Low 15 bits: spills that read this byte now. High bit: a fetch owns it. */
  private readonly holds: Uint16Array;
  private readonly firstName: number[] = [];
  private readonly firstStateName: number[] = [];
  private highest = 0;

  constructor(private readonly plan: Plan) {
    this.size = plan.arenaBytes;
    this.content = new Float64Array(this.size);
    this.holds = new Uint16Array(this.size);
    let next = NOTHING + 1;
    for (const tensor of plan.tensors) {
      this.firstName.push(next);
      next += tensor.n * tensor.h * tensor.rowBytes;
    }
    for (const operator of plan.operators) {
      this.firstStateName.push(next);
      next += operator.stateSize;
    }
  }

  /** One past the highest address that was ever written or owned. */
  get heightBytes(): number {
    return this.highest;
  }

  /** Address of a row in a buffer: its own place, or its slot of the ring. */
  address(buffer: PlanBuffer, row: number): number {
    if (buffer.firstPlace !== PLAN_NONE) {
      return (this.plan.places[buffer.firstPlace + row] ?? Number.NaN) * PLACE_UNIT_BYTES;
    }
    return buffer.offset + (row % buffer.ringRows) * buffer.rowStride;
  }

  /** Name of the first byte of a row: rows are cut from the bytes of the tensor's root. */
  private nameOfRow(tensor: PlanTensor, row: number): number {
    return (this.firstName[tensor.root] ?? Number.NaN) + row * tensor.rowBytes;
  }

  private inside(address: number, sizeBytes: number): boolean {
    return address >= 0 && address + sizeBytes <= this.size;
  }

  /** Whether the row is in its place and readable. */
  readRow(buffer: PlanBuffer, tensor: PlanTensor, row: number): Touch {
    const address = this.address(buffer, row);
    if (!this.inside(address, tensor.rowBytes)) return 'outside';
    const name = this.nameOfRow(tensor, row);
    for (let i = 0; i < tensor.rowBytes; i++) {
      if (((this.holds[address + i] ?? 0) & FETCHING) !== 0) return 'held';
      if (this.content[address + i] !== name + i) return 'wrong';
    }
    return 'ok';
  }

  writeRow(buffer: PlanBuffer, tensor: PlanTensor, row: number): Touch {
    const address = this.address(buffer, row);
    const touch = this.touch(address, tensor.rowBytes);
    if (touch !== 'ok') return touch;
    this.nameBytes(address, tensor.rowBytes, this.nameOfRow(tensor, row));
    return 'ok';
  }

  /** Destroys what the bytes held: a kernel's scratch. */
  scribble(address: number, sizeBytes: number): Touch {
    const touch = this.touch(address, sizeBytes);
    if (touch === 'ok') this.content.fill(NOTHING, address, address + sizeBytes);
    return touch;
  }

  /** The state of an operator: claimed at its first call, still there at every later one. */
  useState(operator: number, address: number, sizeBytes: number, first: boolean): Touch {
    const touch = this.touch(address, sizeBytes);
    if (touch !== 'ok') return touch;
    const name = this.firstStateName[operator] ?? Number.NaN;
    if (first) {
      this.nameBytes(address, sizeBytes, name);
      return 'ok';
    }
    for (let i = 0; i < sizeBytes; i++) {
      if (this.content[address + i] !== name + i) return 'wrong';
    }
    return 'ok';
  }

  /** A spill begins to read the row: nobody may write it until `releaseSpill`. */
  holdSpill(buffer: PlanBuffer, tensor: PlanTensor, row: number): void {
    const address = this.address(buffer, row);
    for (let i = address; i < address + tensor.rowBytes; i++) this.holds[i] = (this.holds[i] ?? 0) + 1;
  }

  releaseSpill(buffer: PlanBuffer, tensor: PlanTensor, row: number): void {
    const address = this.address(buffer, row);
    for (let i = address; i < address + tensor.rowBytes; i++) this.holds[i] = (this.holds[i] ?? 0) - 1;
  }

  /** A fetch takes the row's place: nobody may touch it until `finishFetch`. */
  holdFetch(buffer: PlanBuffer, tensor: PlanTensor, row: number): Touch {
    const address = this.address(buffer, row);
    const touch = this.scribble(address, tensor.rowBytes);
    if (touch === 'ok') this.holds.fill(FETCHING, address, address + tensor.rowBytes);
    return touch;
  }

  finishFetch(buffer: PlanBuffer, tensor: PlanTensor, row: number): void {
    const address = this.address(buffer, row);
    this.holds.fill(0, address, address + tensor.rowBytes);
    this.nameBytes(address, tensor.rowBytes, this.nameOfRow(tensor, row));
  }

  private touch(address: number, sizeBytes: number): Touch {
    if (!this.inside(address, sizeBytes)) return 'outside';
    for (let i = address; i < address + sizeBytes; i++) if (this.holds[i] !== 0) return 'held';
    this.highest = Math.max(this.highest, address + sizeBytes);
    return 'ok';
  }

  private nameBytes(address: number, sizeBytes: number, name: number): void {
    for (let i = 0; i < sizeBytes; i++) this.content[address + i] = name + i;
  }
}
