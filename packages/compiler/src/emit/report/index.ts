// SPDX-License-Identifier: Apache-2.0
/** Reports for people and programs: JSON data, terminal text, pictures of memory. */
export { inspectReport, type InspectReport, type UnsupportedReport } from './inspect-report.js';
export { inspectText } from './inspect-text.js';
export {
  compileReport,
  compileSvg,
  compileText,
  type CompileReport,
  type ReportContext,
  type SpillReport,
} from './compile-report.js';
export type { GapReport, HolderReport, PeakReport } from './peak-report.js';
export type { PortReport } from './port-report.js';
export { optimizeText } from './optimize-text.js';
export {
  curveSvg,
  roundSteps,
  type ChartAxis,
  type ChartPoint,
  type CurvePicture,
  type ReferencePoint,
} from './curve-svg.js';
export { memoryMapSvg, type MapPanel, type MapPicture } from './memory-map-svg.js';
export { planMemoryMap, tflmMemoryMap, type MapBlock, type MapPart, type MemoryMap } from './memory-map.js';
