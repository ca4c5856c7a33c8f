// SPDX-License-Identifier: Apache-2.0
module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'conformance',
  testMatch: ['<rootDir>/**/*.spec.ts'],
  testTimeout: 120_000,
  // One less would be one on a computer of two cores, and these suites are the longest.
  maxWorkers: '100%',
};
