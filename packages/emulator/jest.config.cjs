// SPDX-License-Identifier: Apache-2.0
module.exports = { ...require('../../jest.preset.cjs'), displayName: 'emulator' };
