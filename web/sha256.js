// SHA-256 (FIPS 180-4), for browsers keep their own from pages that came by plain HTTP.

const BLOCK = 64; // bytes

/**
 * @param {ArrayBuffer} buffer
 * @returns {string} its SHA-256, 64 hexadecimal digits
 */
export function sha256(buffer) {
  const { state, rounds } = constants();
  const whole = padded(buffer);
  const words = new DataView(whole);
  const schedule = new Uint32Array(64);
  for (let block = 0; block < whole.byteLength; block += BLOCK) {
    for (let t = 0; t < 16; t++) schedule[t] = words.getUint32(block + 4 * t);
    for (let t = 16; t < 64; t++) {
      const [early, late] = [schedule[t - 15], schedule[t - 2]];
      const s0 = turned(early, 7) ^ turned(early, 18) ^ (early >>> 3);
      const s1 = turned(late, 17) ^ turned(late, 19) ^ (late >>> 10);
      schedule[t] = schedule[t - 16] + s0 + schedule[t - 7] + s1;
    }
    compress(state, schedule, rounds);
  }
  return Array.from(state, (word) => word.toString(16).padStart(8, "0")).join("");
}

/** One block into the state. */
function compress(state, schedule, rounds) {
  let [a, b, c, d, e, f, g, h] = state;
  for (let t = 0; t < 64; t++) {
    const s1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const s0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
    const first = (h + s1 + ((e & f) ^ (~e & g)) + rounds[t] + schedule[t]) | 0;
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((value, at) => {
    state[at] += value;
  });
}

function turned(word, by) {
  return (word >>> by) | (word << (32 - by));
}

/** A one, zeros, and the length in bits, so that whole blocks come of it. */
function padded(buffer) {
  const length = buffer.byteLength;
  const whole = new Uint8Array(Math.ceil((length + 9) / BLOCK) * BLOCK);
  whole.set(new Uint8Array(buffer));
  whole[length] = 0x80;
  const view = new DataView(whole.buffer);
  view.setUint32(whole.length - 8, Math.floor(length / 2 ** 29));
  view.setUint32(whole.length - 4, length << 3);
  return whole.buffer;
}

/** The first 32 bits of the fractions of the first primes' square roots and cube roots. */
function constants() {
  const primes = [];
  for (let number = 2; primes.length < 64; number++) {
    if (primes.every((prime) => number % prime)) primes.push(number);
  }
  const fraction = (root) => Math.floor((root - Math.floor(root)) * 2 ** 32);
  return {
    state: Uint32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))),
    rounds: Uint32Array.from(primes, (prime) => fraction(Math.cbrt(prime))),
  };
}
