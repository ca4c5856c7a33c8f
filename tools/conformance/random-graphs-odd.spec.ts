// SPDX-License-Identifier: Apache-2.0
// Half of the random graphs; the other half has a file of its own, which runs at the same time.
import { describeRandomGraphs } from './random-graphs.js';

describe('random graphs of odd seed', () => {
  describeRandomGraphs('odd');
});
