import { EventSourceLink } from "./event-source-link.js";
import { HubLink } from "./hub-link.js";
import type { OpenLink } from "./link.js";

export const openLink: OpenLink = (transport, setup, events) =>
  transport === "eventSource" ? new EventSourceLink(setup, events) : new HubLink(transport, setup, events);
