import { allTransports, type Transport } from "@realtime/order-feed";

/** `automatic`: the first one that works. */
export type Choice = Transport | "automatic";

export const choices: readonly Choice[] = ["automatic", ...allTransports];

export const nameOf: Record<Choice, string> = {
  automatic: "Automatic",
  webSockets: "WebSockets",
  serverSentEvents: "Server-sent events",
  longPolling: "Long polling",
  eventSource: "EventSource",
};

export function toTry(choice: Choice): readonly Transport[] {
  return choice === "automatic" ? allTransports : [choice];
}

const place = "realtime.transport";

/** The visitor's choice; all tabs have the same, because they share one connection. */
export function chosen(): Choice {
  try {
    const kept = localStorage.getItem(place);
    return choices.find(choice => choice === kept) ?? "automatic";
  } catch {
    // Storage is forbidden.
    return "automatic";
  }
}

export function choose(choice: Choice): void {
  try {
    localStorage.setItem(place, choice);
  } catch {
    // Storage is full or forbidden: the choice then applies to this tab until it is reloaded.
  }
}

/** Calls back with the choice of another tab. */
export function onChoice(call: (choice: Choice) => void): () => void {
  const listen = (event: StorageEvent) => {
    if (event.key === place) call(chosen());
  };
  addEventListener("storage", listen);
  return () => removeEventListener("storage", listen);
}
