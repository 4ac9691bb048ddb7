import type { HubConnection } from "@microsoft/signalr";
import type { RefreshAnswer } from "../token-refresh.js";

/** Calls the hub's method `Refresh`. Does not reject. */
export async function invokeRefresh(connection: HubConnection, token: string): Promise<RefreshAnswer> {
  try {
    const { expiresInSeconds } = await connection.invoke<{ expiresInSeconds: number }>("Refresh", token);
    return expiresInSeconds > 0 ? { kind: "refreshed", lastsMs: expiresInSeconds * 1_000 } : { kind: "later" };
  } catch (error) {
    return { kind: kindOf(String(error)) };
  }
}

// SignalR puts the hub's sentence after one of its own.
function kindOf(error: string): Exclude<RefreshAnswer["kind"], "refreshed"> {
  if (error.includes("HubException: Method does not exist")) return "unknown";
  if (error.includes("HubException: Token of another user.")) return "other-user";
  if (error.includes("HubException: User is blocked.")) return "blocked";
  return "later";
}
