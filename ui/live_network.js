// A network that mnist_core/weights.py packed, run on 28×28 images.
//
// Images and feature maps lie row by row with their channels together, as in Keras, so that
// every layer with weights is one product of matrices: rows of inputs times a kernel. The
// product is done by a few instructions of WebAssembly that take four numbers at a time; where
// a browser does not have them, by plain JavaScript.
//
// A library would bring far more than that: TensorFlow.js with its WebAssembly kernels is 823 kB
// (4.22, minified), ONNX Runtime's WebAssembly 14 MB (1.30).

const ROWS = 4; // rows of a product done together,
const LANES = 8; // and columns

const ACTIVATION = {
    linear: (x) => x,
    relu: (x) => Math.max(x, 0),
    sigmoid: (x) => 1 / (1 + Math.exp(-x)),
    tanh: Math.tanh,
    elu: (x) => (x > 0 ? x : Math.expm1(x)),
    gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
    softmax: (x) => x, // over a whole row: see dense
};

/** The error function to 1.5e-7 (Abramowitz and Stegun 1964, formula 7.1.26). */
function erf(x) {
    const t = 1 / (1 + 0.3275911 * Math.abs(x));
    const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

function fromHalf(bits) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    return exponent ? sign * 2 ** (exponent - 25) * (1024 + fraction) : sign * 2 ** -24 * fraction;
}

const upTo = (value, multiple) => Math.ceil(value / multiple) * multiple;

/** A network, ready to run, from the bytes of weights.py. */
class Network {
    constructor(bytes, simd = hasSimd()) {
        const length = new DataView(bytes).getUint32(0, true);
        const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
        const halves = new Uint16Array(bytes.slice(4 + length));
        this.temperature = header.temperature;
        this.angles = header.turned ? [header.turned, -header.turned] : [0];
        this.layers = header.layers.map((layer) => ({ ...layer }));
        this.reserve();
        this.memory = simd ? new WebAssembly.Memory({ initial: Math.ceil((this.reserved * 4) / 65536) }) : null;
        this.numbers = new Float32Array(simd ? this.memory.buffer : new ArrayBuffer(this.reserved * 4));
        this.multiply = simd ? simdProduct(this.memory) : plainProduct(this.numbers);
        let at = 0;
        for (const layer of this.layers) {
            if (!layer.kernel) continue;
            const count = layer.depth * layer.columns;
            this.place(layer, halves.subarray(at, at + count), halves.subarray(at + count, at + count + layer.columns));
            at += count + layer.columns;
        }
        if (at !== halves.length) throw new Error("The weights do not fit the layers.");
    }

    /** Give every layer its place in memory: kernel, bias, gathered inputs, outputs. */
    reserve() {
        let next = 4; // in numbers; address 0 stays free
        const take = (count) => {
            const at = next;
            next += upTo(count, 4);
            return at;
        };
        const images = this.angles.length;
        let shape = [SIDE, SIDE, 1];
        this.input = take(images * SIDE * SIDE);
        for (const layer of this.layers) {
            const [height, width, channels] = shape;
            layer.from = shape;
            if (layer.kind === "conv") {
                const [tall, wide] = layer.size;
                layer.down = slide(height, tall, layer.strides[0], layer.same);
                layer.across = slide(width, wide, layer.strides[1], layer.same);
                [layer.depth, layer.columns] = [tall * wide * channels, layer.filters];
                layer.rows = images * layer.down.count * layer.across.count;
                shape = [layer.down.count, layer.across.count, layer.filters];
                layer.gathered = take(upTo(layer.rows, ROWS) * layer.depth);
            } else if (layer.kind === "dense") {
                [layer.depth, layer.columns, layer.rows] = [height * width * channels, layer.units, images];
                if (layer.depth !== layer.inputs) throw new Error("Layers do not fit each other.");
                shape = [1, 1, layer.units];
                layer.gathered = take(upTo(images, ROWS) * layer.depth);
            } else if (layer.kind === "lstm") {
                [layer.depth, layer.columns, layer.rows] = [layer.inputs + layer.units, 4 * layer.units, images];
                shape = [1, 1, layer.units];
                layer.gathered = take(upTo(images, ROWS) * layer.depth);
            } else if (layer.kind === "max_pool") {
                shape = [Math.floor(height / layer.size[0]), Math.floor(width / layer.size[1]), channels];
            } else if (layer.kind === "average_pool") {
                shape = [1, 1, channels];
            } else {
                throw new Error(`Unknown layer ${layer.kind}.`);
            }
            layer.to = shape;
            if (layer.columns) {
                layer.stride = upTo(layer.columns, LANES);
                layer.kernel = take(layer.depth * layer.stride);
                layer.bias = take(layer.stride);
                layer.product = take(upTo(layer.rows, ROWS) * layer.stride);
            }
            layer.output = take(images * shape[0] * shape[1] * shape[2]);
        }
        this.reserved = next;
    }

    /** Put a layer's weights in place: the kernel in strips of LANES columns, top to bottom. */
    place(layer, kernel, bias) {
        for (let column = 0; column < layer.columns; column++) {
            const strip = layer.kernel + Math.floor(column / LANES) * layer.depth * LANES + (column % LANES);
            for (let row = 0; row < layer.depth; row++) {
                this.numbers[strip + row * LANES] = fromHalf(kernel[row * layer.columns + column]);
            }
            this.numbers[layer.bias + column] = fromHalf(bias[column]);
        }
    }

    /** The probabilities of the ten digits, of an image of 784 numbers in [0, 1]. */
    read(image) {
        this.angles.forEach((angle, index) => {
            const copy = angle ? turned(image, angle) : image;
            this.numbers.set(copy, this.input + index * SIDE * SIDE);
        });
        let from = this.input;
        for (const layer of this.layers) {
            this[layer.kind](layer, from);
            from = layer.output;
        }
        const count = this.layers[this.layers.length - 1].to[2];
        const scores = Array.from({ length: this.angles.length }, (_, index) =>
            Array.from(this.numbers.subarray(from + index * count, from + (index + 1) * count), (s) => Math.max(s, 1e-30)),
        );
        if (scores.length === 1 && this.temperature === 1) {
            const sum = scores[0].reduce((a, b) => a + b, 0);
            return scores[0].map((score) => score / sum);
        }
        const logits = scores[0].map((_, digit) =>
            scores.reduce((sum, row) => sum + Math.log(row[digit]), 0) / scores.length / this.temperature,
        );
        return softmax(logits);
    }

    /** gathered × kernel + bias into the output, without the columns that only fill up. */
    product(layer, gathered, activation) {
        const rows = upTo(layer.rows, ROWS);
        const { numbers } = this;
        this.multiply(gathered, layer.kernel, layer.bias, layer.product, rows, layer.depth, layer.stride, activation === "relu" ? 1 : 0);
        for (let row = 0; row < layer.rows; row++) {
            const start = layer.product + row * layer.stride;
            numbers.copyWithin(layer.output + row * layer.columns, start, start + layer.columns);
        }
        if (activation === "relu" || activation === "linear") return;
        const apply = ACTIVATION[activation];
        for (let at = layer.output; at < layer.output + layer.rows * layer.columns; at++) {
            numbers[at] = apply(numbers[at]);
        }
    }

    dense(layer, from) {
        this.numbers.copyWithin(layer.gathered, from, from + layer.rows * layer.depth);
        this.product(layer, layer.gathered, layer.activation);
        if (layer.activation !== "softmax") return;
        for (let row = 0; row < layer.rows; row++) {
            const scores = this.numbers.subarray(layer.output + row * layer.columns, layer.output + (row + 1) * layer.columns);
            scores.set(softmax(Array.from(scores)));
        }
    }

    conv(layer, from) {
        const { numbers } = this;
        const [height, width, channels] = layer.from;
        const [tall, wide] = layer.size;
        let to = layer.gathered;
        for (let image = 0; image < this.angles.length; image++) {
            const start = from + image * height * width * channels;
            for (let row = 0; row < layer.down.count; row++) {
                for (let column = 0; column < layer.across.count; column++) {
                    const left = column * layer.strides[1] - layer.across.before;
                    const first = Math.max(left, 0);
                    const last = Math.min(left + wide, width);
                    for (let line = 0; line < tall; line++, to += wide * channels) {
                        const y = row * layer.strides[0] - layer.down.before + line;
                        if (y < 0 || y >= height) {
                            numbers.fill(0, to, to + wide * channels);
                            continue;
                        }
                        const inside = to + (first - left) * channels;
                        if (first > left) numbers.fill(0, to, inside);
                        const source = start + (y * width + first) * channels;
                        const count = (last - first) * channels;
                        for (let at = 0; at < count; at++) numbers[inside + at] = numbers[source + at];
                        if (last < left + wide) numbers.fill(0, inside + count, to + wide * channels);
                    }
                }
            }
        }
        this.product(layer, layer.gathered, layer.activation);
    }

    max_pool(layer, from) {
        const { numbers } = this;
        const [, width, channels] = layer.from;
        const [rows, columns] = layer.to;
        const [tall, wide] = layer.size;
        let to = layer.output;
        for (let image = 0; image < this.angles.length; image++) {
            const start = from + image * layer.from[0] * width * channels;
            for (let row = 0; row < rows; row++) {
                for (let column = 0; column < columns; column++) {
                    for (let channel = 0; channel < channels; channel++) {
                        let most = -Infinity;
                        for (let y = row * tall; y < (row + 1) * tall; y++) {
                            for (let x = column * wide; x < (column + 1) * wide; x++) {
                                most = Math.max(most, numbers[start + (y * width + x) * channels + channel]);
                            }
                        }
                        numbers[to++] = most;
                    }
                }
            }
        }
    }

    average_pool(layer, from) {
        const { numbers } = this;
        const [height, width, channels] = layer.from;
        for (let image = 0; image < this.angles.length; image++) {
            const start = from + image * height * width * channels;
            for (let channel = 0; channel < channels; channel++) {
                let sum = 0;
                for (let place = 0; place < height * width; place++) sum += numbers[start + place * channels + channel];
                numbers[layer.output + image * channels + channel] = sum / (height * width);
            }
        }
    }

    lstm(layer, from) {
        const { numbers } = this;
        const { units, inputs, depth } = layer;
        const [steps] = layer.from;
        const images = this.angles.length;
        const cells = new Float64Array(images * units);
        const squash = ACTIVATION.sigmoid;
        for (let image = 0; image < images; image++) {
            numbers.fill(0, layer.gathered + image * depth + inputs, layer.gathered + (image + 1) * depth);
        }
        for (let step = 0; step < steps; step++) {
            for (let image = 0; image < images; image++) {
                const row = from + (image * steps + step) * inputs;
                numbers.copyWithin(layer.gathered + image * depth, row, row + inputs);
            }
            this.multiply(layer.gathered, layer.kernel, layer.bias, layer.product, upTo(images, ROWS), depth, layer.stride, 0);
            for (let image = 0; image < images; image++) {
                const gates = layer.product + image * layer.stride;
                for (let unit = 0; unit < units; unit++) {
                    const [input, forget, cell, output] = [0, 1, 2, 3].map((gate) => numbers[gates + gate * units + unit]);
                    const kept = squash(forget) * cells[image * units + unit] + squash(input) * Math.tanh(cell);
                    cells[image * units + unit] = kept;
                    const state = squash(output) * Math.tanh(kept);
                    numbers[layer.gathered + image * depth + inputs + unit] = state;
                    numbers[layer.output + image * units + unit] = state;
                }
            }
        }
    }
}

/** How often a window fits along a side, and how far before the side it starts. */
function slide(length, window, stride, same) {
    if (!same) return { count: Math.floor((length - window) / stride) + 1, before: 0 };
    const count = Math.ceil(length / stride);
    const missing = Math.max((count - 1) * stride + window - length, 0);
    return { count, before: Math.floor(missing / 2) };
}

function softmax(values) {
    const most = Math.max(...values);
    const powers = values.map((value) => Math.exp(value - most));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
}

/** An image turned about its centre of mass, by bilinear interpolation, as predictor.py does it. */
function turned(image, degrees) {
    const centre = CENTRE - 0.5;
    const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    const result = new Float32Array(SIDE * SIDE);
    const ink = (x, y) => (x >= 0 && x < SIDE && y >= 0 && y < SIDE ? image[y * SIDE + x] : 0);
    for (let row = 0; row < SIDE; row++) {
        for (let column = 0; column < SIDE; column++) {
            const [dx, dy] = [column - centre, row - centre];
            const [x, y] = [centre + cos * dx - sin * dy, centre + sin * dx + cos * dy];
            const [left, top] = [Math.floor(x), Math.floor(y)];
            const upper = ink(left, top) * (left + 1 - x) + ink(left + 1, top) * (x - left);
            const lower = ink(left, top + 1) * (left + 1 - x) + ink(left + 1, top + 1) * (x - left);
            result[row * SIDE + column] = upper * (top + 1 - y) + lower * (y - top);
        }
    }
    return result;
}

/** The product of matrices in JavaScript; addresses count numbers. */
function plainProduct(numbers) {
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

/** The same in WebAssembly: ROWS rows and LANES columns at a time, four numbers an instruction. */
function simdProduct(memory) {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(productModule()), { page: { memory } });
    const { product } = instance.exports;
    return (a, kernel, bias, to, rows, depth, columns, relu) => product(a * 4, kernel * 4, bias * 4, to * 4, rows, depth * 4, columns * 4, relu);
}

function hasSimd() {
    try {
        return WebAssembly.validate(productModule());
    } catch {
        return false;
    }
}

/** The WebAssembly module, assembled here so that nothing has to be built beforehand.
 *
 *    for each strip of 8 columns
 *        for each 4 rows
 *            sums = bias
 *            for each input: sums[row] += input[row] * kernel[8 columns]
 *            to = relu ? max(sums, 0) : sums
 */
function productModule() {
    const number = (value) => {
        const bytes = [];
        for (;;) {
            const byte = value & 127;
            value >>>= 7;
            if (!value) return [...bytes, byte];
            bytes.push(byte | 128);
        }
    };
    const constant = (value) => {
        const bytes = [0x41]; // i32.const, signed
        for (;;) {
            const byte = value & 127;
            value >>= 7;
            if ((value === 0 && !(byte & 64)) || (value === -1 && byte & 64)) return [...bytes, byte];
            bytes.push(byte | 128);
        }
    };
    const [I32, V128] = [0x7f, 0x7b];
    const get = (local) => [0x20, ...number(local)];
    const set = (local) => [0x21, ...number(local)];
    const add = 0x6a;
    const less = 0x49; // i32.lt_u
    const vector = (code) => [0xfd, ...number(code)];
    const load = (offset) => [...vector(0x00), 4, ...number(offset)];
    const splat = (offset) => [...vector(0x09), 2, ...number(offset)]; // one number, four times
    const store = (offset) => [...vector(0x0b), 4, ...number(offset)];
    const [plus, times, max] = [vector(0xe4), vector(0xe6), vector(0xe9)];
    const step = (local, by) => [...get(local), ...by, add, ...set(local)];
    const loop = (body, local, end) => [0x03, 0x40, ...body, ...get(local), ...get(end), less, 0x0d, 0, 0x0b];

    const [a, kernel, bias, to, rows, depth, columns, relu] = [0, 1, 2, 3, 4, 5, 6, 7];
    const [row, column, weight, end, place, base] = [8, 9, 10, 11, 12, 13];
    const inputs = [14, 15, 16, 17]; // where each of the four rows is
    const sums = [18, 19, 20, 21, 22, 23, 24, 25]; // row by row, two of four numbers
    const [low, high, one] = [26, 27, 28];

    const eachInput = [
        ...get(weight), ...load(0), ...set(low),
        ...get(weight), ...load(16), ...set(high),
        ...inputs.flatMap((input, index) => [
            ...get(input), ...splat(0), ...set(one),
            ...[low, high].flatMap((half, side) => {
                const sum = sums[2 * index + side];
                return [...get(sum), ...get(one), ...get(half), ...times, ...plus, ...set(sum)];
            }),
            ...step(input, constant(4)),
        ]),
        ...step(weight, constant(4 * LANES)),
    ]; // prettier-ignore
    const zero = [...vector(0x0c), ...new Array(16).fill(0)];
    const eachRows = [
        ...get(base), ...set(inputs[0]),
        ...[1, 2, 3].flatMap((index) => [...get(inputs[index - 1]), ...get(depth), add, ...set(inputs[index])]),
        ...sums.flatMap((sum, index) => [...get(bias), ...get(column), add, ...load(16 * (index % 2)), ...set(sum)]),
        ...get(kernel), ...set(weight),
        ...get(base), ...get(depth), add, ...set(end),
        ...loop(eachInput, inputs[0], end),
        ...get(relu), 0x04, 0x40,
        ...sums.flatMap((sum) => [...get(sum), ...zero, ...max, ...set(sum)]),
        0x0b,
        ...[0, 1, 2, 3].flatMap((index) => [
            ...get(place), ...get(sums[2 * index]), ...store(0),
            ...get(place), ...get(sums[2 * index + 1]), ...store(16),
            ...step(place, get(columns)),
        ]),
        ...get(inputs[3]), ...set(base), // the last row's end is the next row's start
        ...step(row, constant(ROWS)),
    ]; // prettier-ignore
    const eachStrip = [
        ...get(a), ...set(base),
        ...get(to), ...get(column), add, ...set(place),
        ...constant(0), ...set(row),
        ...loop(eachRows, row, rows),
        ...get(weight), ...set(kernel),
        ...step(column, constant(4 * LANES)),
    ]; // prettier-ignore
    const code = [
        ...number(3), ...number(10), I32, ...number(8), V128, ...number(3), V128,
        ...loop(eachStrip, column, columns),
        0x0b,
    ]; // prettier-ignore
    const text = (name) => [name.length, ...new TextEncoder().encode(name)];
    const section = (id, bytes) => [id, ...number(bytes.length), ...bytes];
    return new Uint8Array([
        0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
        ...section(1, [1, 0x60, 8, ...new Array(8).fill(I32), 0]),
        ...section(2, [1, ...text("page"), ...text("memory"), 0x02, 0x00, 1]),
        ...section(3, [1, 0]),
        ...section(7, [1, ...text("product"), 0x00, 0]),
        ...section(10, [1, ...number(code.length), ...code]),
    ]); // prettier-ignore
}
