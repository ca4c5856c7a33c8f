// SPDX-License-Identifier: Apache-2.0
/** How one field of an operator is called and coded in the file; reader and writer use the same description. */
import { compilerError } from '../../error-codes.js';
import type { Activation, Padding } from '../../ir/index.js';
import { ActivationFunctionType } from './schema/generated/tflite/activation-function-type.js';
import { FullyConnectedOptionsWeightsFormat } from './schema/generated/tflite/fully-connected-options-weights-format.js';
import { MirrorPadMode } from './schema/generated/tflite/mirror-pad-mode.js';
import { Padding as FilePadding } from './schema/generated/tflite/padding.js';
import { TensorType } from './schema/generated/tflite/tensor-type.js';

/** The options object of the generated object API, seen as plain fields. */
export type OptionFields = Record<string, unknown>;

/** A field of the file (`file`) and the two ways between its value and the graph's. */
export interface FieldCodec<Value> {
  readonly file: string;
  /** @throws TinysegError MODEL_DAMAGED when the file's value has no meaning */
  readonly decode: (value: unknown) => Value;
  readonly encode: (value: Value) => unknown;
}

/** A number or truth value that both sides write alike. */
export function same<Value>(file: string): FieldCodec<Value> {
  return { file, decode: (value) => value as Value, encode: (value) => value };
}

/** A float32 kept as the double that JavaScript makes of it. */
export const float32 = same<number>;

/** A list that is absent from the file when it is absent from the graph. */
export function optionalNumbers(file: string): FieldCodec<readonly number[] | undefined> {
  return {
    file,
    decode: (value) => (isEmpty(value) ? undefined : [...(value as number[])]),
    encode: (value) => [...(value ?? [])],
  };
}

export function numbers(file: string): FieldCodec<readonly number[]> {
  return { file, decode: (value) => [...(value as number[])], encode: (value) => [...value] };
}

function isEmpty(value: unknown): boolean {
  return (value as readonly unknown[]).length === 0;
}

/** A closed set of names in the graph, numbers in the file. */
function named<Name extends string>(numbersByName: Readonly<Record<Name, number>>) {
  const names = new Map(
    Object.entries<number>(numbersByName).map(([name, number]) => [number, name as Name]),
  );
  return (file: string): FieldCodec<Name> => ({
    file,
    decode: (value) => {
      const name = names.get(value as number);
      if (name !== undefined) return name;
      throw compilerError(
        'MODEL_DAMAGED',
        `The option ${file} has the value ${String(value)}, which means nothing. The model file is damaged or newer than this program.`,
        { option: file, value },
      );
    },
    encode: (name) => numbersByName[name],
  });
}

export const padding = named<Padding>({ same: FilePadding.SAME, valid: FilePadding.VALID });

export const activation = named<Activation>({
  none: ActivationFunctionType.NONE,
  relu: ActivationFunctionType.RELU,
  reluN1To1: ActivationFunctionType.RELU_N1_TO_1,
  relu6: ActivationFunctionType.RELU6,
  tanh: ActivationFunctionType.TANH,
  signBit: ActivationFunctionType.SIGN_BIT,
});

export const mirrorMode = named<'reflect' | 'symmetric'>({
  reflect: MirrorPadMode.REFLECT,
  symmetric: MirrorPadMode.SYMMETRIC,
});

export const shapeType = named<'int32' | 'int64'>({ int32: TensorType.INT32, int64: TensorType.INT64 });

export const weightsFormat = named<'default' | 'shuffled4x16Int8'>({
  default: FullyConnectedOptionsWeightsFormat.DEFAULT,
  shuffled4x16Int8: FullyConnectedOptionsWeightsFormat.SHUFFLED4x16INT8,
});
