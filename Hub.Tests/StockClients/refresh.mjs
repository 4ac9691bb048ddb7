// A reader that prints what happens to it until its input ends, with the stock client of npm or with the TypeScript library:
//   node refresh.mjs <transport> <user> <seconds that each of its tokens lives> [the library's dist/index.js]
// The stock client is refreshed by the hub's method, the library does it by itself. What is tested is named in server.mjs.
import * as signalR from "@microsoft/signalr";
import { baseUrl, tokenFor } from "./server.mjs";

const [transport, user, life, library] = process.argv.slice(2);
const seconds = Number(life);
const newToken = () => tokenFor(user, { seconds });
const say = (what, more = "") => console.log(`${what} ${more}`);

async function withStockClient() {
  const connection = new signalR.HubConnectionBuilder()
    .withUrl(`${baseUrl()}/hubs/orders`, { transport: signalR.HttpTransportType[transport], accessTokenFactory: newToken })
    .withAutomaticReconnect()
    .configureLogging(signalR.LogLevel.None)
    .build();
  connection.onreconnecting(error => say("reconnecting", error?.message));
  connection.onclose(error => say("closed", error?.message));
  await connection.start();
  connection.stream("Subscribe", "latest").subscribe({
    next: item => say("item", JSON.stringify(item)),
    complete: () => say("stream ended"),
    error: error => say("stream ended", error.message),
  });
  setInterval(async () => {
    try {
      say("refreshed", (await connection.invoke("Refresh", await newToken())).expiresInSeconds);
    } catch (error) {
      say("refresh failed", error.message);
    }
  }, (seconds * 1000) / 3);
}

async function withLibrary() {
  const { memoryCursors, OrderFeed } = await import(library);
  let tokens = 0;
  const feed = new OrderFeed({
    server: baseUrl(),
    after: "latest",
    cursorStore: memoryCursors(),
    transports: [transport[0].toLowerCase() + transport.slice(1)],
    token: () => {
      // The user is read from the first, and the connection made with the second.
      if (++tokens > 2) say("refreshed", seconds);
      return newToken();
    },
    onGap: gap => say("gap", JSON.stringify(gap)),
    onProblem: problem => say("problem", problem.message),
    onStateChanged: state => say(state.status),
  });
  await feed.run(order => say("item", JSON.stringify(order)));
}

process.stdin.on("end", () => process.exit()).resume();
await (library ? withLibrary() : withStockClient());
