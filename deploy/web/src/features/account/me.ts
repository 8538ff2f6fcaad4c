import type { Schemas } from "authpair-browser";

export type Me = Schemas["OwnUserBody"];
