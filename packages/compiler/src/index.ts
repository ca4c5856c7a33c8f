// SPDX-License-Identifier: Apache-2.0
// The public interface of @tinyseg/compiler.
export {
  compileModel,
  inspectModel,
  optimizeModel,
  prepareGraph,
  type CompileResult,
  type OptimizeModelOptions,
  type OptimizeResult,
} from './driver.js';
export { curveOfModel, type Curve, type CurveOptions, type CurvePoint } from './curve.js';
export type { CompileOptions } from './compile-settings.js';
export { interpretModel } from './interpret-model.js';
export { COMPILER_ERROR_CODES, type CompilerErrorCode } from './error-codes.js';
export {
  inspectText,
  compileText,
  curveSvg,
  roundSteps,
  type ChartAxis,
  type ChartPoint,
  type CurvePicture,
  type ReferencePoint,
  type CompileReport,
  type GapReport,
  type HolderReport,
  type InspectReport,
  type PeakReport,
  type PortReport,
  type SpillReport,
  type UnsupportedReport,
} from './emit/report/index.js';
export { costModelOf, OBJECTIVES, type CostModel, type Objective } from './planning/cost/cost-model.js';
export {
  frontier,
  type Frontier,
  type FrontierOptions,
  type FrontierPoint,
} from './planning/search/index.js';
export { type Strategy, type VariantSet } from './planning/plan-model.js';
export type { Accounting, OptimizeReport, RewriteReport } from './emit/tflite/index.js';
export { readTflite } from './formats/tflite/index.js';
export type { Graph, Tensor, TensorId, Operator, OperatorId, ElementType, Quantization } from './ir/index.js';
export {
  decodePlan,
  encodePlan,
  Opcode,
  PlanKind,
  PlanType,
  PortDirection,
  StoreKind,
  type Plan,
} from './plan-format/index.js';
export {
  ALL_TRICKS,
  capacityOfFileName,
  fitWithin,
  lowerBoundBytes,
  place,
  placeGreedily,
  placeSteps,
  readPlacementCsv,
  writePlacementCsv,
  type FitOptions,
  type FitResult,
  type PlaceOptions,
  type Placement,
  type PlacementProblem,
  type SearchTricks,
  type Steps,
  type TimedBuffer,
} from './planning/placement/index.js';
export { verifyPlan, VIOLATIONS_MAX, type Violation } from './verify/index.js';
