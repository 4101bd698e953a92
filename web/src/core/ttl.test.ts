import { expect, it } from "vitest";
import { daysOf, readDays, ttlText } from "./ttl";

it("reads days and says how long a version lives", () => {
  expect(["", "0", "7", "0.5", "-1", "x", "1e9"].map(readDays)).toEqual([-1, 0, 604800, 43200, -1, undefined, undefined]);
  expect([null, 0, 604800].map(daysOf)).toEqual(["", "0", "7"]);
  expect([ttlText(null, null), ttlText(0, null), ttlText(7200, null)]).toEqual(["as the collection has it", "for ever", "2h 00m"]);
});
