// A page that reads orders with the bundled client and keeps what it got, for a test to look at.
import { OrderFeed } from "./order-feed.js";

const query = new URLSearchParams(location.search);
const tab = { orders: [], states: [], gaps: [], unread: null, returned: false };
const feed = new OrderFeed({
  server: query.get("server"),
  token: () => query.get("token"),
  ...(query.has("transport") ? { transports: [query.get("transport")] } : {}),
  ...(query.has("after") ? { after: query.get("after") } : {}),
  shareTabs: query.get("share") !== "no",
  onStateChanged: state => tab.states.push(state),
  onGap: gap => tab.gaps.push(gap),
  onUnread: unread => (tab.unread = unread),
});
addEventListener("pageshow", event => (tab.returned ||= event.persisted));
Object.assign(globalThis, { tab, feed });
feed.run(order => void tab.orders.push(order.orderId)).catch(error => (tab.error = String(error)));
