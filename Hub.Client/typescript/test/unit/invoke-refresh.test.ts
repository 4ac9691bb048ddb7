import type { HubConnection } from "@microsoft/signalr";
import { expect, test } from "vitest";
import { invokeRefresh } from "../../src/links/invoke-refresh.js";

const connection = (invoke: () => Promise<unknown>) => ({ invoke }) as unknown as HubConnection;

test("the server says how long the new token lasts", async () => {
  expect(
    await invokeRefresh(
      connection(() => Promise.resolve({ expiresInSeconds: 600 })),
      "t",
    ),
  ).toEqual({
    kind: "refreshed",
    lastsMs: 600_000,
  });
});

test.each([{}, { expiresInSeconds: 0 }, { expiresInSeconds: "soon" }, null])("an answer without that, %j, is none", async answer => {
  expect(
    await invokeRefresh(
      connection(() => Promise.resolve(answer)),
      "t",
    ),
  ).toEqual({ kind: "later" });
});

const hubError = (text: string) => `An unexpected error occurred invoking 'Refresh' on the server. HubException: ${text}`;

test.each([
  [hubError("Invalid token."), "later"],
  [hubError("The token cannot be checked now. Try again in a moment."), "later"],
  [hubError("The store cannot be reached now. Try again in a moment."), "later"],
  ["Invocation canceled due to the underlying connection being closed.", "later"],
  [hubError("Token of another user."), "other-user"],
  [hubError("User is blocked."), "blocked"],
  ["Failed to invoke 'Refresh' due to an error on the server. HubException: Method does not exist.", "unknown"],
])("%s means %s", async (message, kind) => {
  expect(
    await invokeRefresh(
      connection(() => Promise.reject(new Error(message))),
      "t",
    ),
  ).toEqual({ kind });
});
