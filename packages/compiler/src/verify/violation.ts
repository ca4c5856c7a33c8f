// SPDX-License-Identifier: Apache-2.0
/** What the verifier finds: a broken rule with a stable code, and where in the plan it is broken. */

export type ViolationCode =
  /** An index, size, alignment or count contradicts the format. */
  | 'STRUCTURE'
  /** A buffer, scratch or state reaches outside the arena, or the arena is larger than what is used. */
  | 'EXTENT'
  /** The program is malformed, or a counter does not end at its total. */
  | 'PROGRAM'
  /** A step reads bytes that are not those it wants. */
  | 'WRONG_BYTES'
  /** A call's outputs, inputs, scratch or state share bytes. */
  | 'ALIAS'
  /** Bytes are touched while a transfer owns them, or a block is fetched before it is written. */
  | 'IN_FLIGHT'
  /** An operator, tensor or port is not what the model says. */
  | 'MODEL'
  /** Packed parameters or constants differ from those derived from the model. */
  | 'CONSTANTS';

export interface Where {
  /** Executed steps before this one. */
  readonly tick?: number;
  /** Index of the word in the program. */
  readonly position?: number;
  readonly operator?: number;
  readonly tensor?: number;
  readonly buffer?: number;
  readonly transfer?: number;
  readonly stream?: number;
  readonly port?: number;
  readonly row?: number;
}

export interface Violation extends Where {
  readonly code: ViolationCode;
  readonly message: string;
}

/** Most violations that are worth a reader's time; the verifier stops there. */
export const VIOLATIONS_MAX = 20;

/** Collects violations; `full` tells when to stop looking. */
export class Findings {
  readonly list: Violation[] = [];

  get full(): boolean {
    return this.list.length >= VIOLATIONS_MAX;
  }

  add(code: ViolationCode, message: string, where: Where = {}): void {
    if (!this.full) this.list.push({ code, message, ...where });
  }
}
