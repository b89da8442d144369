// The product of matrices in WebAssembly: ROWS rows and LANES columns at a time, four numbers an
// instruction. The module is assembled here, so that nothing has to be built beforehand.
//
//    for each strip of 8 columns
//        for each 4 rows
//            sums = bias
//            for each input: sums[row] += input[row] * kernel[8 columns]
//            to = relu ? max(sums, 0) : sums

import { wasm, wasmModule } from "./wasm.js";

export const ROWS = 4; // rows of a product done together,
export const LANES = 8; // and columns

const HALVES = [0, 1]; // of eight columns, four numbers each

// The parameters of the function, then its own variables.
const LOCAL = {
  ...{ a: 0, kernel: 1, bias: 2, to: 3, rows: 4, depth: 5, columns: 6, relu: 7 },
  ...{ row: 8, column: 9, weight: 10, end: 11, place: 12, base: 13 },
  inputs: [14, 15, 16, 17], // where each of the four rows is
  sums: [18, 20, 22, 24].map((first) => [first, first + 1]), // two halves for each row
  halves: [26, 27], // of a row of the kernel
  input: 28, // four times the same
};

/**
 * @returns {Uint8Array} a module with the function `product(a, kernel, bias, to, rows, depth,
 *   columns, relu)`: as the one that `matmul` in matmul.js gives, but addresses, depth and columns
 *   count bytes
 */
export function matmulModule() {
  const { constant, get, set, add, repeat } = wasm;
  const eachStrip = [
    set(LOCAL.base, get(LOCAL.a)),
    set(LOCAL.place, add(get(LOCAL.to), get(LOCAL.column))),
    set(LOCAL.row, constant(0)),
    repeat(eachRows(), LOCAL.row, LOCAL.rows),
    set(LOCAL.kernel, get(LOCAL.weight)),
    step(LOCAL.column, constant(4 * LANES)),
  ];
  const body = repeat(eachStrip, LOCAL.column, LOCAL.columns);
  return wasmModule("product", 8, { integers: 10, vectors: 11 }, body);
}

function step(local, by) {
  return wasm.set(local, wasm.add(wasm.get(local), by));
}

/** Four rows of inputs times a strip of the kernel. */
function eachRows() {
  const { constant, get, set, add, load, store, zeros, max, when, repeat } = wasm;
  const { inputs, sums } = LOCAL;
  return [
    set(inputs[0], get(LOCAL.base)),
    [1, 2, 3].map((row) => set(inputs[row], add(get(inputs[row - 1]), get(LOCAL.depth)))),
    sums.map((pair) =>
      HALVES.map((half) =>
        set(pair[half], load(16 * half, add(get(LOCAL.bias), get(LOCAL.column)))),
      ),
    ),
    set(LOCAL.weight, get(LOCAL.kernel)),
    set(LOCAL.end, add(get(LOCAL.base), get(LOCAL.depth))),
    repeat(eachInput(), inputs[0], LOCAL.end),
    when(
      get(LOCAL.relu),
      sums.flat().map((sum) => set(sum, max(get(sum), zeros()))),
    ),
    sums.map((pair) => [
      HALVES.map((half) => store(16 * half, get(LOCAL.place), get(pair[half]))),
      step(LOCAL.place, get(LOCAL.columns)),
    ]),
    set(LOCAL.base, get(inputs[3])), // the last row's end is the next row's start
    step(LOCAL.row, constant(ROWS)),
  ];
}

/** One input of each of the four rows times a row of the kernel. */
function eachInput() {
  const { constant, get, set, load, splat, plus, times } = wasm;
  return [
    HALVES.map((half) => set(LOCAL.halves[half], load(16 * half, get(LOCAL.weight)))),
    LOCAL.inputs.map((input, row) => [
      set(LOCAL.input, splat(0, get(input))),
      HALVES.map((half) => {
        const sum = LOCAL.sums[row][half];
        return set(sum, plus(get(sum), times(get(LOCAL.input), get(LOCAL.halves[half]))));
      }),
      step(input, constant(4)),
    ]),
    step(LOCAL.weight, constant(4 * LANES)),
  ];
}
