// SPDX-License-Identifier: Apache-2.0
// Long arithmetic that stays interruptible: signals are heard between its steps.
import { setImmediate } from 'node:timers/promises';

/** How long the process may be deaf, roughly. */
const SLICE_MS = 30;

/**
 * Takes the steps one after the other.
 *
 * @param onStep called with what a step says of how far it is
 * @throws the reason of `signal` once it is aborted, and what a step throws
 */
export async function inSlices<T>(
  steps: Iterator<number, T, undefined>,
  signal: AbortSignal,
  onStep: (done: number) => void,
): Promise<T> {
  for (let breath = performance.now(); ; ) {
    const step = steps.next();
    if (step.done === true) return step.value;
    onStep(step.value);
    if (performance.now() - breath < SLICE_MS) continue;
    await setImmediate();
    signal.throwIfAborted();
    breath = performance.now();
  }
}
