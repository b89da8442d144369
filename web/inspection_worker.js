// Looks inside a network beside the page, so that the pen never waits for it (inspection.js).

import { Inspection } from "./inspection.js";

const inspection = new Inspection();

self.onmessage = ({ data }) => self.postMessage(inspection.answer(data));
