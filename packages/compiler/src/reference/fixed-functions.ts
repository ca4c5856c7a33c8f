// SPDX-License-Identifier: Apache-2.0
/**
 * exp, 1/(1+x), logistic and tanh in 32-bit fixed point, as TFLite's reference kernels compute them, for the
 * reference interpreter. "Qm" is an int32 with m integer bits and 31 - m fractional ones.
 */
import {
  clamp,
  dividePow2,
  doubledHighProduct,
  INT32_MAX,
  saturatingShiftLeft,
  splitDouble,
  type Factor,
} from './fixed-point.js';

/** A real in [-1, 1) as Q0. */
const q0 = (real: number): number => Math.min(INT32_MAX, Math.round(real * 2 ** 31));
const wrap = (x: number): number => x | 0;

/** e^x for a Q0 in [-1/4, 0): the first terms of the series around -1/8. */
function expOfSmall(x: number): number {
  const t = x + 2 ** 28;
  const square = doubledHighProduct(t, t);
  const cube = doubledHighProduct(square, t);
  const fourthOverFour = dividePow2(doubledHighProduct(square, square), 2);
  // t^2/2 + t^3/6 + t^4/24 = ((t^4/4 + t^3) / 3 + t^2) / 2
  const third = doubledHighProduct(wrap(fourthOverFour + cube), q0(1 / 3));
  const rest = dividePow2(wrap(third + square), 1);
  const middle = q0(Math.exp(-1 / 8));
  return wrap(middle + doubledHighProduct(middle, wrap(t + rest)));
}

/** e^x for a Q`integerBits` x <= 0, as Q0; integerBits 1..5. */
export function expOfNegative(x: number, integerBits: number): number {
  if (x === 0) return INT32_MAX;
  const one = 2 ** (31 - integerBits);
  const quarter = one / 4;
  // x = remainder - whole, with the remainder in [-1/4, 0) and a whole number of quarters.
  const remainder = (((x % quarter) + quarter) % quarter) - quarter;
  const wholeQuarters = (remainder - x) / quarter;
  let result = expOfSmall(remainder * 2 ** integerBits);
  for (let bit = 0; bit < integerBits + 2; bit++) {
    const power = 2 ** bit;
    if (Math.floor(wholeQuarters / power) % 2 === 1) {
      result = doubledHighProduct(result, q0(Math.exp(-power / 4)));
    }
  }
  return result;
}

/** 1 / ((1 + x) / 2) for a Q0 x in [0, 1], as Q2: three steps of Newton's method from 48/17 - 32/17 d. */
function twoOverOnePlus(x: number): number {
  const d = Math.floor((x + INT32_MAX + 1) / 2);
  const q2 = (real: number): number => Math.round(real * 2 ** 29);
  let estimate = wrap(q2(48 / 17) + doubledHighProduct(d, q2(-32 / 17)));
  for (let step = 0; step < 3; step++) {
    const missing = wrap(q2(1) - doubledHighProduct(d, estimate));
    // Q2 times Q2 is a Q4.
    estimate = wrap(estimate + saturatingShiftLeft(doubledHighProduct(estimate, missing), 2));
  }
  return estimate;
}

/** 1 / (1 + x) for a Q0 x in [0, 1], as Q0. */
export function oneOverOnePlus(x: number): number {
  return saturatingShiftLeft(twoOverOnePlus(x), 1);
}

/** 1 / (1 + e^-x) for a Q4, as Q0. */
export function logisticOf(x: number): number {
  if (x === 0) return 2 ** 30;
  const ofSize = oneOverOnePlus(expOfNegative(-Math.abs(x), 4));
  return x > 0 ? ofSize : INT32_MAX - ofSize;
}

/** tanh(x) for a Q4, as Q0. */
export function tanhOf(x: number): number {
  if (x === 0) return 0;
  // (1 - e^-2|x|) / (1 + e^-2|x|); the Q4 of |x|, read as Q5, is 2|x|.
  const ofSize = saturatingShiftLeft(wrap(twoOverOnePlus(expOfNegative(-Math.abs(x), 5)) - 2 ** 29), 2);
  return x > 0 ? ofSize : -ofSize;
}

/** How stored inputs become Q`integerBits` numbers, and from which size on the function is saturated. */
export interface Rescaling {
  readonly factor: Factor;
  readonly radius: number;
}

/** @param factor units of Q`integerBits` in one unit of the input; at least 1 */
export function rescaling(factor: number, integerBits: number): Rescaling {
  const { fraction, exponent } = splitDouble(factor);
  return {
    factor: { multiplier: clamp(Math.floor(fraction * 2 ** 31 + 0.5), 0, 2 ** 31), shift: exponent },
    radius: Math.floor(((2 ** integerBits - 1) * 2 ** (31 - integerBits)) / 2 ** exponent),
  };
}

/** 2^-1/2 and 2^-1/4 as Q0. */
const ROOTS = { half: 1518500250, fourth: 1805811301 } as const;
const LOG_2 = 1488522236;
/** Coefficients of the quotient of polynomials that stands for the logarithm around 2^-1/4; Q0. */
const LOG_TERMS = { n: 117049297, d: 127690142, i: 1057819769, f: 638450708 } as const;

const limited = (x: number): number => clamp(x, -(2 ** 31), INT32_MAX);

/** ln(sum) for a Q12 of at least 1, as Q5; counted in Q6. */
export function logOfSum(sum: number): number {
  const quarter = 2 ** 23;
  const headroom = Math.clz32(sum);
  const first = saturatingShiftLeft(
    doubledHighProduct(saturatingShiftLeft(sum, headroom - 1), ROOTS.half),
    1,
  );
  const firstPower = limited(saturatingShiftLeft(12 - headroom, 25) + quarter);
  const headroomB = Math.clz32(doubledHighProduct(sum, ROOTS.half)) - 1;
  const second = saturatingShiftLeft(sum, headroomB);
  const secondPower = limited(saturatingShiftLeft(12 - headroomB, 25) - quarter);
  const r = Math.min(first, second);
  const power = Math.max(firstPower, secondPower);
  const whole = r + ROOTS.fourth;
  const p = Math.trunc((whole + (whole >= 0 ? 1 : -1)) / 2);
  const q = wrap(2 * wrap(r - ROOTS.fourth));
  const square = doubledHighProduct(q, q);
  const upper = wrap(
    doubledHighProduct(q, r) + doubledHighProduct(doubledHighProduct(q, square), LOG_TERMS.n),
  );
  const inner = wrap(wrap(LOG_TERMS.i + q) + doubledHighProduct(LOG_TERMS.d, square));
  const lower = wrap(doubledHighProduct(p, inner) + doubledHighProduct(LOG_TERMS.f, q));
  const fraction = doubledHighProduct(dividePow2(upper, 6), oneOverOnePlus(lower));
  return saturatingShiftLeft(wrap(doubledHighProduct(power, LOG_2) + fraction), 1);
}
