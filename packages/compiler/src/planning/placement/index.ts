// SPDX-License-Identifier: Apache-2.0
/** Placement: `place(problem) -> Placement`. */
export { place, placeGreedily, placeSteps, type PlaceOptions } from './place.js';
export { fitSteps, fitWithin, MAX_SEARCHED_BUFFERS, type FitOptions, type FitResult } from './fit.js';
export { type Steps } from './steps.js';
export { RANKINGS, type Ranking, type RankKey } from './ranking.js';
export { ALL_TRICKS, type SearchTricks } from './tricks.js';
export { lowerBoundBytes, type Placement, type TimedBuffer } from './problem.js';
export {
  capacityOfFileName,
  readPlacementCsv,
  writePlacementCsv,
  type PlacementProblem,
} from './placement-csv.js';
