// The product of matrices: by WebAssembly, or where a browser has no vectors there, by JavaScript.

import { LANES, matmulModule } from "./wasm_matmul.js";

/**
 * `to = a × kernel + bias`, with ReLU if asked for. All addresses count numbers in one memory.
 *
 * @callback Matmul
 * @param {number} a (rows, depth), row by row
 * @param {number} kernel (depth, columns), in strips of LANES columns from top to bottom
 * @param {number} bias (columns,)
 * @param {number} to (rows, columns), row by row
 * @param {number} rows a multiple of ROWS
 * @param {number} depth
 * @param {number} columns a multiple of LANES
 * @param {number} relu 1 or 0
 * @returns {void}
 */

/**
 * A memory, and the product of matrices in it.
 *
 * @param {number} count how many numbers the memory has to hold
 * @param {boolean} simd whether WebAssembly does it
 * @returns {{numbers: Float32Array, matmul: Matmul}}
 */
export function matmulMemory(count, simd) {
  if (!simd) {
    const numbers = new Float32Array(count);
    return { numbers, matmul: plainMatmul(numbers) };
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil((count * 4) / 65536) });
  return { numbers: new Float32Array(memory.buffer), matmul: simdMatmul(memory) };
}

/** @returns {boolean} whether this browser runs the product's WebAssembly; a page may forbid it */
export function hasSimd() {
  try {
    return Boolean(new WebAssembly.Module(matmulModule()));
  } catch {
    return false;
  }
}

/** @returns {Matmul} */
function simdMatmul(memory) {
  const module = new WebAssembly.Module(matmulModule());
  const { product } = new WebAssembly.Instance(module, { page: { memory } }).exports;
  return (a, kernel, bias, to, rows, depth, columns, relu) =>
    product(a * 4, kernel * 4, bias * 4, to * 4, rows, depth * 4, columns * 4, relu);
}

/** @returns {Matmul} two rows and four columns at a time, so that sums stay in registers */
function plainMatmul(numbers) {
  return (a, kernel, bias, to, rows, depth, columns, relu) => {
    const most = relu ? 0 : -Infinity;
    for (let column = 0; column < columns; column += 4) {
      const strip = kernel + (column - (column % LANES)) * depth + (column % LANES);
      for (let row = 0; row < rows; row += 2) {
        let s0 = numbers[bias + column];
        let s1 = numbers[bias + column + 1];
        let s2 = numbers[bias + column + 2];
        let s3 = numbers[bias + column + 3];
        let t0 = s0;
        let t1 = s1;
        let t2 = s2;
        let t3 = s3;
        const input = a + row * depth;
        for (let at = 0, w = strip; at < depth; at++, w += LANES) {
          const u = numbers[input + at];
          const v = numbers[input + depth + at];
          const w0 = numbers[w];
          const w1 = numbers[w + 1];
          const w2 = numbers[w + 2];
          const w3 = numbers[w + 3];
          s0 += u * w0;
          s1 += u * w1;
          s2 += u * w2;
          s3 += u * w3;
          t0 += v * w0;
          t1 += v * w1;
          t2 += v * w2;
          t3 += v * w3;
        }
        const place = to + row * columns + column;
        numbers[place] = Math.max(s0, most);
        numbers[place + 1] = Math.max(s1, most);
        numbers[place + 2] = Math.max(s2, most);
        numbers[place + 3] = Math.max(s3, most);
        numbers[place + columns] = Math.max(t0, most);
        numbers[place + columns + 1] = Math.max(t1, most);
        numbers[place + columns + 2] = Math.max(t2, most);
        numbers[place + columns + 3] = Math.max(t3, most);
      }
    }
  };
}
