// Connects with every stock client again and again: opens, receives, acknowledges, closes.
//   node rounds.mjs [rounds]    for each way of receiving; default 60
// Prints "<way>: <rounds> rounds, <n> failed" and why; exit code 1 if one failed. What is tested is named in server.mjs.
import { ways } from "./readers.mjs";
import { newName, publish, send, tokenFor } from "./server.mjs";

const together = 6;
const rounds = Number(process.argv[2] ?? 60);

async function round(way) {
  const user = newName("round");
  const token = await tokenFor(user);
  const reader = await way.Reader.connect(way.options, token, "latest");
  try {
    await reader.next();
    const order = newName("order");
    await publish({ users: [user] }, order);
    const item = await reader.next();
    if (item.orderId !== order) throw new Error(`got ${JSON.stringify(item)} in place of ${order}`);
    const answer = reader.invoke
      ? await reader.invoke("Acknowledge", item.cursor)
      : (await send("PUT", "/api/notifications/acknowledged", { token, body: { cursor: item.cursor } })).json;
    if (answer.unread !== 0) throw new Error(`${answer.unread} unread`);
  } finally {
    await reader.close();
  }
}

let failed = 0;
for (const way of ways) {
  const failures = [];
  let left = rounds;
  await Promise.all(Array.from({ length: together }, async () => {
    while (left-- > 0) await round(way).catch(error => failures.push(String(error.message)));
  }));
  console.log(`${way.name}: ${rounds} rounds, ${failures.length} failed${failures.map(why => `\n  ${why}`).join("")}`);
  failed += failures.length;
}
process.exit(failed === 0 ? 0 : 1);
