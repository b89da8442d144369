// Strokes or pixels into MNIST's 28×28 form, as mnist_core/drawing.py does it.
//
// The two have to give the same image, or the bars would jump when the server's reading
// takes over. So lines and dots are filled here pixel by pixel as Pillow fills them, and
// resampling rounds where Pillow rounds. Names and steps are those of drawing.py and of
// ui/canvas.py; what they explain is not explained again.

const SIDE = 28;
const BOX = 20;
const CENTRE = 14.5;
const PEN_WIDTH_RANGE = [1.6, 2.8];
const DETAIL = 8;
const MIN_CONTRAST = 10;
const THICKEST = 4.5;
const THINNED_SIDE = 40;
const POINT_LIMIT = 20000;
const CURVE_POINTS = 4;
const FAR = 1e5;
const DECIMATE = 0.4; // pixels that points of the pen must be apart to be kept

/** The points of the path that the canvas makes of the pen's points: smooth curves through
 *  the middles between them (Fabric.js' pencil), in as many points as the server draws. */
function strokePath(given, width) {
    const points = given.length > 2 ? decimate(given) : given;
    const count = points.length;
    const nudge = width / 1000; // the ends are drawn out by this much
    const sign = (a, b) => Math.sign(a - b);
    const [x0, y0] = points[0];
    const path = [];
    if (count > 2) {
        path.push([x0 - nudge * sign(points[2][0], points[1][0]), y0 - nudge * sign(points[2][1], points[1][1])]);
    } else {
        path.push([x0 - nudge, y0]);
    }
    for (let index = 0; index + 1 < count; index++) {
        const [cx, cy] = points[index];
        const [nx, ny] = points[index + 1];
        if (cx === nx && cy === ny) continue;
        const [sx, sy] = path[path.length - 1];
        const [ex, ey] = [cx + (nx - cx) * 0.5, cy + (ny - cy) * 0.5];
        for (let step = 1; step <= CURVE_POINTS; step++) {
            const t = step / CURVE_POINTS;
            const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t * t];
            path.push([a * sx + b * cx + c * ex, a * sy + b * cy + c * ey]);
        }
    }
    const [x, y] = points[count - 1];
    if (count > 2) {
        const [px, py] = points[count - 2];
        path.push([x + nudge * sign(x, px), y + nudge * sign(y, py)]);
    } else {
        path.push([x + nudge, y]);
    }
    return path;
}

function decimate(points) {
    const last = points.length - 1;
    let kept = points[0];
    const found = [kept];
    for (let index = 1; index < last - 1; index++) {
        const [x, y] = points[index];
        if ((kept[0] - x) ** 2 + (kept[1] - y) ** 2 >= DECIMATE ** 2) {
            kept = points[index];
            found.push(kept);
        }
    }
    found.push(points[last]);
    return found;
}

/** Strokes ({points: [[x, y], …], width}) in MNIST's form: Float32Array of 784. */
function formOfStrokes(strokes) {
    const drawn = strokes
        .map(({ points, width }) => ({ points: points.filter(([x, y]) => Math.abs(x) < FAR && Math.abs(y) < FAR), width }))
        .filter(({ points }) => points.length);
    if (!drawn.length) return new Float32Array(SIDE * SIDE);
    const widths = drawn.map(({ width }) => width).sort((a, b) => a - b);
    const width = (widths[(widths.length - 1) >> 1] + widths[widths.length >> 1]) / 2;
    let paths = drawn.map(({ points }) => points);
    const total = paths.reduce((sum, path) => sum + path.length, 0);
    if (total > POINT_LIMIT) {
        const step = Math.ceil(total / POINT_LIMIT);
        paths = paths.map((path) => [...path.slice(0, -1).filter((_, i) => i % step === 0), path[path.length - 1]]);
        const stride = Math.ceil(paths.length / POINT_LIMIT);
        paths = paths.filter((_, i) => i % stride === 0);
    }
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const path of paths) {
        for (const [x, y] of path) {
            left = Math.min(left, x);
            right = Math.max(right, x);
            top = Math.min(top, y);
            bottom = Math.max(bottom, y);
        }
    }
    const extent = Math.max(right - left, bottom - top);
    const wished = (BOX * width) / Math.max(extent + width, 1e-300);
    const pen = Math.min(Math.max(wished, PEN_WIDTH_RANGE[0]), PEN_WIDTH_RANGE[1]);
    const scale = extent > 0 ? ((BOX - pen) * DETAIL) / extent : 0;
    const margin = DETAIL * pen;
    const size = Math.ceil(BOX * DETAIL + 2 * margin);
    const canvas = new Uint8Array(size * size);
    for (const path of paths) {
        const dots = path.map(([x, y]) => [(x - left) * scale + margin - 0.5, (y - top) * scale + margin - 0.5]);
        fillStroke(canvas, size, dots, pen * DETAIL);
    }
    return normalise(Float32Array.from(canvas), size, size, extent > 0, DETAIL);
}

function roundHalfEven(value) {
    const low = Math.floor(value);
    const rest = value - low;
    return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
}

/** Fill a stroke with 1 on a canvas of bytes: lines, and a dot at each point. */
function fillStroke(canvas, size, dots, pen) {
    const radius = pen / 2;
    const width = Math.max(1, roundHalfEven(2 * radius));
    const whole = dots.map(([x, y]) => [Math.trunc(x), Math.trunc(y)]);
    for (let index = 1; index < whole.length; index++) {
        fillLine(canvas, size, whole[index - 1], whole[index], width);
    }
    for (const [x, y] of dots) {
        const [x0, y0] = [Math.trunc(x - radius), Math.trunc(y - radius)];
        const across = Math.trunc(x + radius) - x0;
        const down = Math.trunc(y + radius) - y0;
        const starts = ellipse(across, down);
        for (let row = 0; row <= down; row++) {
            fillRow(canvas, size, y0 + row, x0 + starts[row], x0 + across - starts[row]);
        }
    }
}

function fillRow(canvas, size, y, from, to) {
    if (y < 0 || y >= size) return;
    const start = Math.max(from, 0);
    const stop = Math.min(to, size - 1);
    if (start <= stop) canvas.fill(1, y * size + start, y * size + stop + 1);
}

const ellipses = new Map();

/** For each row of an ellipse of across+1 by down+1 pixels, where its ink starts. A walk along
 *  a quarter of its rim in steps of two half pixels, always to the neighbour nearest the rim. */
function ellipse(across, down) {
    const name = across * 4096 + down;
    if (ellipses.has(name)) return ellipses.get(name);
    const starts = new Int32Array(down + 1).fill(-1);
    const off = (x, y) => Math.abs(across ** 2 * y ** 2 + down ** 2 * x ** 2 - across ** 2 * down ** 2);
    let [x, y] = [across, down % 2];
    for (;;) {
        const start = (across - x) / 2;
        for (const row of [(down - y) / 2, (down + y) / 2]) if (starts[row] < 0) starts[row] = start;
        if (x === across % 2 && y === down) break;
        let [nx, ny, least] = [x, y + 2, off(x, y + 2)];
        if (x > 1) {
            if (off(x - 2, y + 2) < least) [nx, ny, least] = [x - 2, y + 2, off(x - 2, y + 2)];
            if (off(x - 2, y) < least) [nx, ny] = [x - 2, y];
        }
        [x, y] = [nx, ny];
    }
    ellipses.set(name, starts);
    return starts;
}

const awayFromZero = (v) => (v >= 0 ? Math.floor(v + 0.5) : -Math.floor(-v + 0.5));
const towardsZero = (v) => (v >= 0 ? Math.ceil(v - 0.5) : -Math.ceil(-v - 0.5));

/** Fill a line between two whole points: a quadrilateral whose corners are whole points. */
function fillLine(canvas, size, [x0, y0], [x1, y1], width) {
    const [dx, dy] = [x1 - x0, y1 - y0];
    if (dx === 0 && dy === 0) {
        fillRow(canvas, size, y0, x0, x0);
        return;
    }
    const length = Math.hypot(dx, dy);
    const half = (width - 1) / 2;
    const [more, less] = [awayFromZero(half) / length, towardsZero(half) / length];
    const [lessX, moreX] = [towardsZero(less * dy), towardsZero(more * dy)];
    const [lessY, moreY] = [towardsZero(less * dx), towardsZero(more * dx)];
    const corners = [
        [x0 - lessX, y0 + moreY],
        [x1 - lessX, y1 + moreY],
        [x1 + moreX, y1 - lessY],
        [x0 + moreX, y0 - lessY],
    ];
    const edges = [];
    let [top, bottom] = [size - 1, 0];
    for (let index = 0; index < 4; index++) {
        const [ax, ay] = corners[index];
        const [bx, by] = corners[(index + 1) % 4];
        const [low, high] = [Math.min(ay, by), Math.max(ay, by)];
        top = Math.min(top, low);
        bottom = Math.max(bottom, high);
        if (low === high) fillRow(canvas, size, low, Math.min(ax, bx), Math.max(ax, bx));
        else edges.push({ x: ax, y: ay, low, high, slope: Math.fround(Math.fround(bx - ax) / (by - ay)) });
    }
    const f = Math.fround;
    const at = (edge, y) => f(f(f(y - edge.y) * edge.slope) + edge.x);
    for (let y = Math.max(top, 0); y <= Math.min(bottom, size); y++) {
        const found = [];
        edges.forEach((edge, index) => {
            if (y < edge.low || y > edge.high) return;
            let x = at(edge, y);
            if (y === edge.high && y < bottom) {
                found.push(x, x);
                return;
            }
            // Where two slanted edges meet in a corner, the row reaches as far as its neighbour.
            if ((y === edge.low || y === edge.high) && edge.slope !== 0) {
                for (const other of edges.slice(0, index)) {
                    if ((y !== other.low && y !== other.high) || other.slope === 0) continue;
                    if (awayFromZero(x) !== awayFromZero(at(other, y))) continue;
                    const beside = y === edge.high ? y - 1 : y + 1;
                    if (beside < other.low || beside > other.high) continue;
                    const [mine, its] = [at(edge, beside), at(other, beside)];
                    if (x > f(mine + 1) && x > f(its + 1)) x = awayFromZero(Math.max(mine, its)) + 1;
                    else if (x < f(mine - 1) && x < f(its - 1)) x = awayFromZero(Math.min(mine, its)) - 1;
                    break;
                }
            }
            found.push(x);
        });
        found.sort((a, b) => a - b);
        for (let index = 1; index < found.length; index += 2) {
            fillRow(canvas, size, y, awayFromZero(found[index - 1]), towardsZero(found[index]));
        }
    }
}

/** Ink (Float32Array, height × width, in [0, 1]) to 28×28: fitted to the box, centred by mass. */
function normalise(ink, height, width, fit = true, detail = 1) {
    const form = new Float32Array(SIDE * SIDE);
    const edges = bounds(ink, height, width);
    if (!edges) return form;
    const { top, bottom, left, right } = edges;
    const [rows, columns] = [bottom - top, right - left];
    const step = fit ? Math.max(rows, columns) / BOX : detail;
    let [mass, sumX, sumY] = [0, 0, 0];
    for (let y = 0; y < rows; y++) {
        for (let x = 0, at = (top + y) * width + left; x < columns; x++, at++) {
            const amount = ink[at];
            mass += amount;
            sumX += amount * (x + 0.5);
            sumY += amount * (y + 0.5);
        }
    }
    const frame = SIDE * step;
    const place = (middle, length) => Math.max(length - frame, Math.min(middle - CENTRE * step, 0));
    const [x0, y0] = [place(sumX / mass, columns), place(sumY / mass, rows)];
    const before = Math.ceil(Math.max(-x0, -y0));
    const after = Math.ceil(Math.max(x0 + frame - columns, y0 + frame - rows));
    const pad = Math.max(before, after) + Math.ceil(step) + 1;
    const across = taps(x0, frame, pad, columns);
    const along = taps(y0, frame, pad, rows);
    const narrow = new Float32Array(rows * SIDE); // each row resampled
    for (let y = 0; y < rows; y++) {
        const start = (top + y) * width + left;
        for (let column = 0; column < SIDE; column++) {
            const { from, weights } = across[column];
            let sum = 0;
            for (let tap = 0; tap < weights.length; tap++) sum += ink[start + from + tap] * weights[tap];
            narrow[y * SIDE + column] = sum;
        }
    }
    for (let row = 0; row < SIDE; row++) {
        const { from, weights } = along[row];
        for (let column = 0; column < SIDE; column++) {
            let sum = 0;
            for (let tap = 0; tap < weights.length; tap++) {
                sum += narrow[(from + tap) * SIDE + column] * weights[tap];
            }
            form[row * SIDE + column] = Math.min(Math.max(sum, 0), 1);
        }
    }
    return form;
}

function bounds(ink, height, width) {
    let [top, bottom, left, right] = [height, 0, width, 0];
    for (let y = 0, at = 0; y < height; y++) {
        for (let x = 0; x < width; x++, at++) {
            if (ink[at] === 0) continue;
            if (y < top) top = y;
            bottom = y + 1;
            if (x < left) left = x;
            if (x >= right) right = x + 1;
        }
    }
    return top < bottom ? { top, bottom, left, right } : null;
}

/** For each of 28 pixels along one side, the source pixels it is made of and their weights: a
 *  triangle twice as wide as the pixel (bilinear, antialiased). Outside is no ink. */
function taps(start, frame, pad, length) {
    const f = Math.fround; // the box that is resampled is kept in single precision
    const box = [f(start + pad), f(start + pad + frame)];
    const scale = f(box[1] - box[0]) / SIDE;
    const reach = Math.max(scale, 1);
    return Array.from({ length: SIDE }, (_, index) => {
        const middle = box[0] + (index + 0.5) * scale;
        const from = Math.max(Math.trunc(middle - reach + 0.5), 0);
        const to = Math.min(Math.trunc(middle + reach + 0.5), length + 2 * pad);
        const weights = [];
        for (let at = from; at < to; at++) {
            weights.push(Math.max(1 - Math.abs((at - middle + 0.5) / reach), 0));
        }
        const sum = weights.reduce((a, b) => a + b, 0);
        const first = Math.max(from, pad);
        const last = Math.min(to, pad + length);
        return {
            from: first - pad,
            weights: weights.slice(first - from, Math.max(last - from, 0)).map((w) => w / sum),
        };
    });
}

/** What is seen on a canvas (grey levels, light ink on plain dark paper) in MNIST's form, or null
 *  where the paper is not plain: that is left to the server. */
function formOfPixels(grey, height, width) {
    let [low, high] = [255, 0];
    for (const level of grey) {
        if (level < low) low = level;
        if (level > high) high = level;
    }
    if (high - low < MIN_CONTRAST) return new Float32Array(SIDE * SIDE);
    const paper = plainPaper(grey, height, width);
    if (paper === null) return null;
    const contrast = Float32Array.from(grey, (level) => Math.abs(level - paper));
    const threshold = Math.max(MIN_CONTRAST, 0.35 * contrast.reduce((a, b) => Math.max(a, b), 0));
    const strong = contrast.filter((value) => value >= threshold).sort();
    const rank = 0.95 * (strong.length - 1);
    const below = strong[Math.floor(rank)];
    const full = below + (strong[Math.ceil(rank)] - below) * (rank - Math.floor(rank));
    const floor = 0.06 * full;
    const range = Math.max(full - floor, 1e-6);
    const ink = contrast.map((value) => Math.min(Math.max((value - floor) / range, 0), 1));
    return normalise(thin(ink, height, width), height, width);
}

function plainPaper(grey, height, width) {
    const counts = new Uint32Array(256);
    for (let x = 0; x < width; x++) {
        counts[grey[x]]++;
        counts[grey[(height - 1) * width + x]]++;
    }
    for (let y = 1; y < height - 1; y++) {
        counts[grey[y * width]]++;
        counts[grey[y * width + width - 1]]++;
    }
    const most = Math.max(...counts);
    const level = counts.indexOf(most);
    const border = 2 * width + 2 * (height - 2);
    const onImage = grey.reduce((sum, value) => sum + (value === level ? 1 : 0), 0);
    return most / border >= 0.5 && onImage / grey.length >= 0.2 ? level : null;
}

function thin(ink, height, width) {
    const edges = bounds(ink, height, width);
    if (!edges) return ink;
    const { top, bottom, left, right } = edges;
    const [rows, columns] = [bottom - top, right - left];
    const side = Math.max(rows, columns);
    if (side < THINNED_SIDE) return ink;
    const depth = distanceToPaper(ink, width, edges);
    let [sum, count, deepest] = [0, 0, 0];
    for (const value of depth) {
        if (value > 0) {
            sum += value;
            count++;
            deepest = Math.max(deepest, value);
        }
    }
    if (!count) return ink;
    const thickness = 4 * (sum / count - 0.5);
    const off = (BOX * thickness - THICKEST * side) / (2 * (BOX - THICKEST));
    if (off < 0.5) return ink;
    const less = Math.min(off, deepest - 1);
    const thinner = new Float32Array(ink.length);
    for (let y = 0; y < rows; y++) {
        for (let x = 0; x < columns; x++) {
            const value = depth[y * columns + x] - less;
            thinner[(top + y) * width + left + x] = Math.min(Math.max(value, 0), 1);
        }
    }
    return thinner;
}

/** How far each pixel of ink within the edges is from the nearest that is none (Felzenszwalb and
 *  Huttenlocher 2012, "Distance transforms of sampled functions"). */
function distanceToPaper(ink, width, { top, bottom, left, right }) {
    const [rows, columns] = [bottom - top + 2, right - left + 2]; // with paper all round
    const squares = new Float64Array(rows * columns);
    for (let y = 1; y < rows - 1; y++) {
        for (let x = 1; x < columns - 1; x++) {
            if (ink[(top + y - 1) * width + left + x - 1] >= 0.5) squares[y * columns + x] = 1e9;
        }
    }
    for (let x = 0; x < columns; x++) lowerEnvelope(squares, x, columns, rows);
    for (let y = 0; y < rows; y++) lowerEnvelope(squares, y * columns, 1, columns);
    const depth = new Float64Array((rows - 2) * (columns - 2));
    for (let y = 0; y < rows - 2; y++) {
        for (let x = 0; x < columns - 2; x++) {
            depth[y * (columns - 2) + x] = Math.sqrt(squares[(y + 1) * columns + x + 1]);
        }
    }
    return depth;
}

/** In place, along one line: the least of (distance squared + value) over the line. */
function lowerEnvelope(values, start, stride, count) {
    const line = new Float64Array(count);
    for (let i = 0; i < count; i++) line[i] = values[start + i * stride];
    const roots = new Int32Array(count); // of the parabolas that are lowest somewhere
    const from = new Float64Array(count + 1); // and from where each is
    let last = 0;
    from[0] = -Infinity;
    from[1] = Infinity;
    for (let i = 1; i < count; i++) {
        let cross;
        for (;;) {
            const root = roots[last];
            cross = (line[i] + i * i - line[root] - root * root) / (2 * (i - root));
            if (cross > from[last]) break;
            last--;
        }
        roots[++last] = i;
        from[last] = cross;
        from[last + 1] = Infinity;
    }
    for (let i = 0, at = 0; i < count; i++) {
        while (from[at + 1] < i) at++;
        values[start + i * stride] = (i - roots[at]) ** 2 + line[roots[at]];
    }
}
