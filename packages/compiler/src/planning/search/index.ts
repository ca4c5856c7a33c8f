// SPDX-License-Identifier: Apache-2.0
// The search over stages, residency and spills.
export { decidedCost } from './stored-candidates.js';
export { planAuto, type AutoOutcome, type Certificate } from './auto-planner.js';
export { frontier, type Frontier, type FrontierOptions, type FrontierPoint } from './frontier.js';
export { planKernels } from './plan-kernels.js';
export type { KernelWay, KernelWays } from './kernel-sets.js';
export type { SearchSetting } from './search-plans.js';
