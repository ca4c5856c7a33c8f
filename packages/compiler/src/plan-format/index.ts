// SPDX-License-Identifier: Apache-2.0
/** The records of a plan, their layout in a `.tseg` file, and the codec between the two. */
export * from './plan.js';
export * from './params.js';
export { PLAN_LIMITS } from './limits.js';
export { encodePlan, decodePlan, decodeHeader } from './codec.js';
export {
  ALL_LAYOUTS,
  cFieldName,
  type Field,
  type FieldType,
  type PlanHeader,
  type PlanRange,
  type PlanSection,
  type RecordLayout,
} from './layout.js';
export { crc32 } from './crc32.js';
export { planSum } from './sum.js';
