// The pocket page, all in one script: on the page it draws and shows, in a worker it reads.
//
// The page starts the worker with this very script (`document.currentScript`), so that one file is
// whole, and each module is in it once.

import { Readings } from "../readings.js";
import { Pocket } from "./pocket.js";

if (typeof document === "undefined") {
  const readings = new Readings();
  self.onmessage = ({ data }) => self.postMessage(readings.answer(data));
} else {
  new Pocket(document.currentScript.textContent).begin();
}
