// Reads drawings beside the page, so that the pen never waits for the network.
//
// In:   {weights, name}                   a network, to be kept under its name
//       {id, network, strokes | pixels}   a drawing, to be read with it
// Out:  {ready: name} or {failed: name}, {id, form, probabilities}, null where there is no ink

const KEPT = 4; // networks
const networks = new Map();

self.onmessage = ({ data }) => {
    if (data.weights) {
        try {
            networks.set(data.name, new Network(data.weights));
            if (networks.size > KEPT) networks.delete(networks.keys().next().value);
            self.postMessage({ ready: data.name });
        } catch (error) {
            self.postMessage({ failed: data.name, why: String(error) });
        }
        return;
    }
    const form = formOf(data);
    const inked = form !== null && form.some((amount) => amount > 0);
    const probabilities = inked ? networks.get(data.network).read(form) : null;
    self.postMessage({ id: data.id, form, probabilities });
};

/** A drawing in MNIST's form: pixels as they are seen, or strokes, as the pen went (raw) or as
 *  the canvas' paths already. */
function formOf({ strokes, pixels }) {
    if (pixels) return formOfPixels(pixels.grey, pixels.height, pixels.width);
    return formOfStrokes(
        strokes.map(({ points, width, raw }) => ({ points: raw ? strokePath(points, width) : points, width })),
    );
}
