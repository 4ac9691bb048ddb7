import { expect, test } from "vitest";
import { explain } from "../../src/problem.js";

test("a refusal is told with the hub's own sentence", () => {
  expect(explain(403, '{"title":"Forbidden","detail":"This origin is not allowed."}')).toBe("403: This origin is not allowed.");
  expect(explain(400, '{"detail":"x","errors":{"after":["Expected a cursor.","Or latest."]}}')).toBe(
    "400: after: Expected a cursor. Or latest.",
  );
});

test("what something in between says is told briefly, and pages are not", () => {
  expect(explain(403, "Access denied")).toBe("403: Access denied");
  expect(explain(502, "<html>…</html>")).toBe("502");
  expect(explain(502, "")).toBe("502");
  expect(explain(403, "x".repeat(300))).toHaveLength(206);
});
