// SPDX-License-Identifier: Apache-2.0
/** The .tflite format: what other folders may use of it. */
export { readTflite } from './read.js';
export { writeTflite, fileTensorIndices } from './write.js';
export { lowerPadding } from './lower-padding.js';
export { operatorName, CUSTOM_NAMES } from './operator-table.js';
export {
  checkSupported,
  CONSTRAINTS,
  type Constraint,
  typeTrouble,
  type Unsupported,
} from './constraints/index.js';
