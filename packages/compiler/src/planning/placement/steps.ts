// SPDX-License-Identifier: Apache-2.0
/** Long work in steps, so that who waits for it can show how far it is, or give it up between two of them. */

/** Each step gives the search nodes so far; the last one the result. */
export type Steps<T> = Generator<number, T, undefined>;

/** All steps at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
