// A member's page of a class, all in one script: on the page it draws and shows, in a worker it
// reads, as the pocket page does.

import { Readings } from "../readings.js";
import { Room } from "./room.js";

if (typeof document === "undefined") {
  const readings = new Readings();
  self.onmessage = ({ data }) => self.postMessage(readings.answer(data));
} else {
  new Room(document.currentScript.textContent).begin();
}
