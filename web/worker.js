// Reads drawings beside the page, so that the pen never waits for the network (readings.js).

import { Readings } from "./readings.js";

const readings = new Readings();

self.onmessage = ({ data }) => self.postMessage(readings.answer(data));
