// SPDX-License-Identifier: Apache-2.0
// USB identities and bootloaders: what the flasher has to know to find a board and write to it.
import { z } from 'zod';
import { addressSchema, basisSchema, nameSchema, positiveSizeSchema, sourceSchema } from './schema-basics.js';

const usbId = z.int().min(0).max(0xffff);

export const usbIdentitySchema = z.strictObject({
  vendorId: usbId,
  productId: usbId,
  description: z.string().min(1).describe('what shows this identity, e.g. "Arduino sketch"'),
  basis: basisSchema,
  source: sourceSchema,
});

const common = {
  maxImageBytes: positiveSizeSchema.describe('largest image that is safe to write'),
  pageSizeBytes: positiveSizeSchema.describe('the image is written in pieces of this size'),
  imageAddress: addressSchema.describe('where the first byte of an image ends up'),
  enter: z
    .array(z.enum(['touch-1200', 'double-tap', 'button', 'always-there']))
    .min(1)
    .describe('ways into the bootloader, the automatic one first'),
  verify: z
    .enum(['checksum', 'read-back', 'by-result'])
    .describe('how a write can be checked; by-result: only by what the board does next'),
  protected: z
    .array(z.strictObject({ address: addressSchema, sizeBytes: positiveSizeSchema, what: z.string().min(1) }))
    .describe('never written, whatever the image says'),
  basis: basisSchema,
  source: sourceSchema,
};

const volumeLabel = z.string().min(1).max(11).describe('label of the drive it shows');

export const bootloaderSchema = z.discriminatedUnion('protocol', [
  z
    .strictObject({ protocol: z.literal('none'), why: z.string().min(1) })
    .describe('programs start without one'),
  z
    .strictObject({ protocol: z.literal('bossa'), ...common })
    .describe('the SAM-BA dialect of Arduino Nano 33 BLE'),
  z
    .strictObject({
      protocol: z.literal('uf2'),
      ...common,
      familyId: z.int().min(0).max(0xffff_ffff),
      volumeLabel,
      boardId: z.string().optional().describe('Board-ID line of INFO_UF2.TXT'),
    })
    .describe('a drive that takes .uf2 files'),
  z
    .strictObject({ protocol: z.literal('dfu'), ...common, alternateSetting: z.int().min(0).max(255) })
    .describe('USB DFU with the DfuSe extension'),
  z
    .strictObject({ protocol: z.literal('stm32-uart'), ...common, chipId: z.int().min(0).max(0xffff) })
    .describe('the ROM loader of STM32 over a serial line'),
  z
    .strictObject({
      protocol: z.literal('mass-storage'),
      ...common,
      volumeLabel,
      failureFile: z.string().optional().describe('appears on the drive when a write failed'),
    })
    .describe('a debug probe that shows a drive and takes .hex or .bin files'),
]);

export const serialSchema = z.strictObject({
  transport: z.enum(['usb-cdc', 'uart', 'pty']).describe('usb-cdc: the rate is nominal'),
  baud: z.int().min(1200).max(12_000_000).describe('the rate both sides use unless told otherwise'),
  settleMs: z.int().min(0).max(10_000).describe('time after opening the port before the board answers'),
  source: sourceSchema,
});

export const emulatorSchema = z.strictObject({
  program: z.string().min(1),
  machine: nameSchema.or(z.string().regex(/^[a-z0-9-]+$/)),
  arguments: z.array(z.string()).describe('further arguments of the emulator'),
  countsInstructions: z
    .boolean()
    .describe('true: instruction counts are exact; cycles and times mean nothing'),
  instructionShift: z
    .int()
    .min(0)
    .max(10)
    .optional()
    .describe('to count them, each instruction takes 2^shift ns of the emulated clock (-icount shift=)'),
  source: sourceSchema,
});

export type UsbIdentity = z.infer<typeof usbIdentitySchema>;
export type Bootloader = z.infer<typeof bootloaderSchema>;
export type BootloaderProtocol = Bootloader['protocol'];
export type SerialDefaults = z.infer<typeof serialSchema>;
export type Emulator = z.infer<typeof emulatorSchema>;
