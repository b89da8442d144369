// Ten bars that show the server's reading, and while the pen moves the browser's own.
//
// The server's reading lies in the page as data (`.server-reading`, beside this component). The
// pen's points are taken from the same events that the canvas draws by. A worker brings them into
// MNIST's form and runs the network; the browser's reading then stands until the server's has all
// the strokes that it has.

const FASTEST = 20; // milliseconds between two readings,
const REST = 0.25; // and the share of a reading's time to rest after it
const RETRY = 5000; // milliseconds until weights that did not arrive are asked for again
const SETTLED = 1500; // milliseconds after which a server that says nothing is not waited for

// One worker with one network for the life of the page, whatever is mounted and unmounted.
const reader = { worker: null, workerUrl: null, network: null, client: null, asked: 0 };

function fetched(url, kind) {
    return fetch(url, { cache: "force-cache" }).then((answer) => {
        if (!answer.ok) throw new Error(`${answer.status} for ${url}`);
        return answer[kind]();
    });
}

async function startWorker(url) {
    if (reader.workerUrl === url) return;
    const code = await fetched(url, "text");
    if (reader.workerUrl === url) return;
    stopWorker();
    const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    reader.worker = new Worker(address);
    reader.workerUrl = url;
    reader.worker.onmessage = ({ data }) => {
        URL.revokeObjectURL(address);
        if ("ready" in data) reader.network?.started(data);
        else reader.client?.answered(data);
    };
    reader.worker.onerror = () => {
        stopWorker();
        reader.client?.failed();
    };
}

function stopWorker() {
    reader.worker?.terminate();
    reader.worker = reader.workerUrl = reader.network = null;
}

/** Hand a network to the worker, if it has another; rejects if anything does not arrive. */
async function startNetwork(workerUrl, url) {
    await startWorker(workerUrl);
    if (reader.network?.url !== url) {
        const network = (reader.network = { url });
        network.promise = new Promise((done, fail) => {
            network.started = ({ ready, why }) => (ready === url ? done() : why && fail(new Error(why)));
            fetched(url, "arrayBuffer").then((weights) => reader.worker.postMessage({ weights, name: url }, [weights])).catch(fail);
        });
        network.promise.catch(() => reader.network === network && (reader.network = null));
    }
    await reader.network.promise;
}

/** The strokes that the server has: 16-bit sixteenths of a pixel, in base64. */
function unpackStrokes({ points, lengths, widths }) {
    const bytes = Uint8Array.from(atob(points), (letter) => letter.charCodeAt(0));
    const numbers = new Int16Array(bytes.buffer);
    let at = 0;
    return lengths.map((length, index) => {
        const path = [];
        for (const end = at + 2 * length; at < end; at += 2) path.push([numbers[at] / 16, numbers[at + 1] / 16]);
        return { points: path, width: widths[index] };
    });
}

export class LiveBars {
    constructor(root) {
        this.root = root;
        this.chart = root.querySelector(".live-bars");
        this.rows = Array.from({ length: 10 }, (_, digit) => {
            const row = document.createElement("div");
            row.className = "row";
            row.innerHTML = '<span class="digit"></span><div class="track"><div class="fill"></div><span class="value"></span></div>';
            this.chart.append(row);
            const [name, value] = [row.querySelector(".digit"), row.querySelector(".value")];
            name.textContent = digit;
            return { row, name, value };
        });
        this.server = null; // the server's last reading
        this.known = []; // its strokes
        this.finished = []; // strokes that it has not got yet
        this.stroke = null; // the one under way
        this.own = null; // the browser's last reading, while that is shown
        this.cost = 0; // milliseconds that a reading takes
        this.readings = 0;
        this.ends = new AbortController();
        const options = { capture: true, passive: true, signal: this.ends.signal };
        for (const [kind, act] of Object.entries({
            mousedown: this.down, mousemove: this.move, mouseup: this.up,
            touchstart: this.down, touchmove: this.move, touchend: this.up, touchcancel: this.up,
        })) document.addEventListener(kind, act.bind(this), options); // prettier-ignore
        // The server's reading is replaced with every answer of the server.
        this.observer = new MutationObserver(() => this.takeServerReading());
        this.place = root.closest(".st-key-bars") ?? root.parentElement;
        this.observer.observe(this.place, { subtree: true, childList: true, attributeFilter: ["data-reading"] });
    }

    configure(data) {
        this.data = data;
        if (data.network !== this.network) {
            this.setReady(false);
            this.network = data.network;
            this.load();
        }
        this.say(data.note ?? "");
        this.takeServerReading();
    }

    dispose() {
        this.ends.abort();
        this.observer.disconnect();
        clearTimeout(this.timer);
        clearTimeout(this.settling);
        cancelAnimationFrame(this.frame);
        if (reader.client === this) reader.client = null;
        this.removePicture();
        this.chart.replaceChildren();
    }

    /** Get the worker and the network; without them the bars show the server's readings only. */
    async load() {
        const url = this.network;
        if (!url || this.loading === url) return;
        this.loading = url;
        try {
            await startNetwork(this.data.worker, url);
            if (this.network === url) {
                this.setReady(true);
                this.say("");
                if (this.stroke) this.request();
            }
        } catch {
            if (this.network === url) this.failed();
        }
        this.loading = null;
    }

    failed() {
        this.setReady(false);
        this.busy = false;
        this.stopped = performance.now();
        this.say(this.data.wording.afterwards);
    }

    setReady(ready) {
        this.ready = ready;
        this.chart.dataset.live = ready; // for whoever wants to know: the tests do
    }

    say(note) {
        this.root.querySelector(".live-note").textContent = note;
    }

    // The pen ------------------------------------------------------------------------------

    down(event) {
        const canvas = event.composedPath()[0];
        if (this.stroke || !(canvas instanceof HTMLCanvasElement) || !canvas.classList.contains("upper-canvas")) return;
        const onPage = event.composedPath().some((element) => element.classList?.contains("st-key-canvas"));
        if (!onPage || event.button) return;
        if (!this.ready) {
            if (this.network && performance.now() - (this.stopped ?? Infinity) > RETRY) this.load();
            if (!this.network) return;
        }
        clearTimeout(this.settling);
        this.canvas = canvas;
        this.finger = event.changedTouches?.[0].identifier;
        this.stroke = { points: [], width: this.server?.brush ?? 1, raw: true };
        this.readings = 0;
        this.chart.dataset.readings = 0;
        this.add(event);
    }

    move(event) {
        if (this.stroke) this.add(event);
    }

    up(event) {
        if (!this.stroke || event.touches?.length || event.button) return;
        this.finished.push(this.stroke);
        this.stroke = null;
        this.request();
        this.settling = setTimeout(() => this.own && this.speak(this.own), SETTLED);
    }

    add(event) {
        const touch = event.changedTouches?.[0];
        if (touch?.identifier !== this.finger) return;
        const { clientX, clientY } = touch ?? event;
        const box = this.canvas.getBoundingClientRect();
        const point = [
            (clientX - box.left) * (this.canvas.width / box.width),
            (clientY - box.top) * (this.canvas.height / box.height),
        ];
        const { points } = this.stroke;
        const last = points[points.length - 1];
        if (points.length > 1 && point[0] === last[0] && point[1] === last[1]) return;
        if (event.shiftKey && points.length > 1) points.pop(); // the canvas draws a straight line
        points.push(point);
        this.request();
    }

    // Reading ------------------------------------------------------------------------------

    request() {
        this.wanted = true;
        if (this.ready && !this.busy && !this.timer) this.read();
    }

    read() {
        this.wanted = false;
        const strokes = [...this.known, ...this.finished, ...(this.stroke ? [this.stroke] : [])];
        const message = { id: (this.asked = ++reader.asked), network: this.network };
        if (!this.server?.picture) message.strokes = strokes;
        else if (!(message.pixels = this.seen())) return;
        this.busy = true;
        this.sent = performance.now();
        reader.client = this;
        reader.worker.postMessage(message);
    }

    /** Pictures cannot be told from the pen's points: what is seen on the canvas then. */
    seen() {
        const { width, height } = this.canvas;
        const copy = (this.copy ??= document.createElement("canvas"));
        [copy.width, copy.height] = [width, height];
        const context = copy.getContext("2d", { willReadFrequently: true });
        context.fillRect(0, 0, width, height);
        for (const layer of this.canvas.parentElement.querySelectorAll("canvas")) context.drawImage(layer, 0, 0);
        try {
            const { data } = context.getImageData(0, 0, width, height);
            const grey = new Uint8Array(width * height);
            for (let at = 0; at < grey.length; at++) grey[at] = data[4 * at] > this.data.ground ? data[4 * at] : 0;
            return { grey, width, height };
        } catch {
            return null;
        }
    }

    answered({ id, form, probabilities }) {
        if (id !== this.asked) return;
        this.busy = false;
        const took = performance.now() - this.sent;
        this.cost += (took - this.cost) * (this.cost ? 0.3 : 1);
        this.timer = setTimeout(() => {
            this.timer = null;
            if (this.wanted) this.read();
        }, Math.max(FASTEST - took, REST * this.cost)); // prettier-ignore
        if (!probabilities || !(this.stroke || this.finished.length || this.server?.starting)) return;
        this.readings++;
        this.own = { form, probabilities, ...this.inWords(probabilities) };
        this.frame ??= requestAnimationFrame(() => {
            this.frame = null;
            if (this.own) this.showOwn();
        });
    }

    /** What the server would say of these probabilities (in_words in ui/wording.py). */
    inWords(probabilities) {
        const { wording, sure_above: sureAbove, confident, between } = this.data;
        const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a] || a - b);
        const [first, second] = order;
        const [best, next] = [probabilities[first], probabilities[second]];
        const a = (digit) => (digit === 8 ? "an 8" : `a ${digit}`);
        const fill = (text) => text.replace("{first}", a(first)).replace("{second}", a(second)).replace("{percent}", percent);
        const percent = best >= 0.9995 ? wording.nearly : `${(best * 100).toFixed(1)}%`;
        if (best < sureAbove) {
            return { guess: "", unsure: true, words: fill(best + next > between ? wording.either : wording.neither) };
        }
        return { guess: String(first), unsure: false, words: fill(best >= confident ? wording.sure : wording.rather) };
    }

    // The server ---------------------------------------------------------------------------

    takeServerReading() {
        const text = [...this.place.querySelectorAll(".server-reading")].pop()?.dataset.reading;
        if (!text || text === this.text) return;
        this.text = text;
        const before = this.server;
        this.server = JSON.parse(text);
        this.known = unpackStrokes(this.server.strokes);
        if (this.server.number !== before?.number) {
            this.finished = []; // put in place of what was drawn
            this.own = null;
            if (this.server.starting && this.known.length) this.request(); // it cannot read that yet
        }
        if (this.server.count > before?.count) this.finished.splice(0, this.server.count - before.count);
        // As long as it has not seen all of it, or cannot say anything of it, the browser's stands.
        if (this.stroke || this.finished.length || (this.server.starting && this.own)) {
            if (this.own) this.showOwn();
            return;
        }
        this.own = null;
        clearTimeout(this.settling);
        this.show(this.server.probabilities, "server");
        this.words(this.server);
        this.removePicture();
        this.speak(this.server);
    }

    // Showing ------------------------------------------------------------------------------

    showOwn() {
        this.show(this.own.probabilities, "browser");
        this.chart.dataset.readings = this.readings;
        this.words(this.own);
        this.picture(this.own.form);
    }

    show(probabilities, by) {
        this.chart.dataset.by = by;
        const best = probabilities ? Math.max(...probabilities) : 2;
        const winner = probabilities?.indexOf(best) ?? -1;
        this.rows.forEach(({ row, name, value }, digit) => {
            const share = probabilities?.[digit] ?? 0;
            row.classList.toggle("best", digit === winner);
            row.style.setProperty("--share", share.toFixed(4));
            setText(name, digit === winner ? `▸ ${digit}` : String(digit));
            setText(value, probabilities && (share >= 0.005 || digit === winner) ? `${(share * 100).toFixed(0)}%` : "");
        });
    }

    /** The guess and what is said of it, in the elements where the server has put its own. */
    words({ guess, unsure, words }) {
        const [place, beside] = [this.container("guess"), this.container("confidence")].map((e) => e?.querySelector("p"));
        if (!place || !beside) return;
        setText(place, guess);
        place.classList.toggle("unsure", Boolean(unsure));
        setText(beside, words);
    }

    /** What the network sees, over the picture that the server shows of it. */
    picture(form) {
        const place = this.container("model_input");
        if (!place) return;
        let canvas = place.querySelector(".live-form");
        if (!canvas) {
            canvas = document.createElement("canvas");
            canvas.className = "live-form";
            canvas.width = canvas.height = 28;
            canvas.setAttribute("aria-hidden", "true");
            place.append(canvas);
        }
        const context = canvas.getContext("2d");
        const pixels = context.createImageData(28, 28);
        form.forEach((ink, at) => pixels.data.set([ink * 255, ink * 255, ink * 255, 255], 4 * at));
        context.putImageData(pixels, 0, 0);
    }

    removePicture() {
        for (const canvas of document.querySelectorAll(".live-form")) canvas.remove();
    }

    container(key) {
        for (let around = this.place; around; around = around.parentElement) {
            const found = [...around.querySelectorAll(`.st-key-${key}`)].pop();
            if (found) return found;
        }
        return null;
    }

    /** For those who hear the page: once, when the pen is lifted. */
    speak({ guess, words, alt, probabilities }) {
        this.chart.setAttribute("aria-label", alt ?? this.data.wording.bars.replace("{best}", this.threeBest(probabilities)));
        setText(this.root.querySelector(".live-spoken"), probabilities ? [guess, words].filter(Boolean).join(", ") : "");
    }

    threeBest(probabilities) {
        const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
        return order.slice(0, 3).map((digit) => `${digit} with ${(probabilities[digit] * 100).toFixed(0)}%`).join(", ");
    }
}

function setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
}

const mounted = new WeakMap();

export default function ({ parentElement, data }) {
    if (!mounted.has(parentElement)) mounted.set(parentElement, new LiveBars(parentElement));
    mounted.get(parentElement).configure(data);
    return () => {
        mounted.get(parentElement)?.dispose();
        mounted.delete(parentElement);
    };
}
