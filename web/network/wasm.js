// The few instructions of WebAssembly that the product of matrices takes, as bytes.
//
// An instruction is written as an expression: what it works on comes first in the bytes and stands
// in its brackets here. The result is an array, nested as the expression is, to be flattened at
// the end.
// Source: WebAssembly Core Specification 2.0, "Binary Format".

const CONTINUED = 128; // the bit that says that a number goes on in the next byte

/** A number as the format writes lengths and indices: unsigned LEB128. */
function unsigned(value) {
  const bytes = [];
  let rest = value;
  while (rest >= CONTINUED) {
    bytes.push((rest & 127) | CONTINUED);
    rest >>>= 7;
  }
  return [...bytes, rest];
}

/** A number as the format writes constants: signed LEB128. */
function signed(value) {
  const bytes = [];
  let rest = value;
  while (rest < -64 || rest > 63) {
    bytes.push((rest & 127) | CONTINUED);
    rest >>= 7;
  }
  return [...bytes, rest & 127];
}

const vector = (code, ...operands) => [...operands, 0xfd, unsigned(code)];

/** Instructions on 32-bit integers, on vectors of four numbers in single precision, and on both.
 *  Locals are given by their index; addresses and offsets count bytes. */
export const wasm = {
  constant: (value) => [0x41, signed(value)],
  get: (local) => [0x20, unsigned(local)],
  set: (local, value) => [value, 0x21, unsigned(local)],
  add: (a, b) => [a, b, 0x6a],
  when: (condition, body) => [condition, 0x04, 0x40, body, 0x0b],

  /** Again and again, as long as one local is less than another after it; at least once. */
  repeat: (body, local, end) => [
    [0x03, 0x40, body],
    [wasm.get(local), wasm.get(end), 0x49],
    [0x0d, 0, 0x0b],
  ],

  load: (offset, address) => vector(0x00, address).concat(4, unsigned(offset)),
  splat: (offset, address) => vector(0x09, address).concat(2, unsigned(offset)), // one, four times
  store: (offset, address, value) => vector(0x0b, address, value).concat(4, unsigned(offset)),
  zeros: () => vector(0x0c).concat(new Array(16).fill(0)),
  plus: (a, b) => vector(0xe4, a, b),
  times: (a, b) => vector(0xe6, a, b),
  max: (a, b) => vector(0xe9, a, b),
};

/**
 * A module with one function, without a result, that works on a memory of the page's.
 *
 * @param {string} name of the function, by which the module exports it
 * @param {number} parameters how many, all 32-bit integers
 * @param {{integers: number, vectors: number}} locals how many of each the function has besides its
 *   parameters; their indices follow those of the parameters, in this order
 * @param {Array} body nested instructions
 * @returns {Uint8Array} to be given `{page: {memory}}`
 */
export function wasmModule(name, parameters, locals, body) {
  const [integer, fourNumbers] = [0x7f, 0x7b];
  const groups = [
    [unsigned(locals.integers), integer],
    [unsigned(locals.vectors), fourNumbers],
  ];
  const code = [unsigned(groups.length), groups, body, 0x0b].flat(Infinity);
  const text = (word) => [word.length, ...new TextEncoder().encode(word)];
  const section = (id, ...content) => {
    const bytes = content.flat(Infinity);
    return [id, unsigned(bytes.length), bytes];
  };
  const sections = [
    section(1, 1, 0x60, parameters, new Array(parameters).fill(integer), 0), // types
    section(2, 1, text("page"), text("memory"), 0x02, 0x00, 1), // imports
    section(3, 1, 0), // functions
    section(7, 1, text(name), 0x00, 0), // exports
    section(10, 1, unsigned(code.length), code),
  ];
  return new Uint8Array([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat(Infinity)]);
}
