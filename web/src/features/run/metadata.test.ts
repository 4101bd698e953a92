import { expect, it } from "vitest";
import { describe, webAddress } from "./metadata";

it("takes out the known facts and keeps the rest", () => {
  const { facts, rest } = describe({ command: ["python", "train.py"], git: { commit: "abc", dirty: true }, python: "3.12", packages: { numpy: "2" } });
  expect(facts.map(({ name, text }) => [name, text])).toEqual([["Command", "python train.py"], ["Git commit", "abc"], ["Python", "3.12"]]);
  expect(rest).toEqual({ git: { dirty: true }, packages: { numpy: "2" } });
});

it("survives metadata of any shape", () => {
  for (const odd of [{}, { git: null }, { git: "text" }, { command: [1, {}] }, { host: {} }]) expect(describe(odd).facts).toEqual([]);
});

it("links only to web addresses", () => {
  expect(webAddress("git@host.example:team/code.git")).toBe("https://host.example/team/code");
  expect(webAddress("https://host.example/team/code.git")).toBe("https://host.example/team/code");
  for (const bad of ["javascript:alert(1)", "file:///etc/passwd", "https://user:secret@host/x", "data:text/html,x", ""]) {
    expect(webAddress(bad)).toBeUndefined();
  }
});
