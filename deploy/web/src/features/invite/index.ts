import type { Route } from "../../app/route.js";
import { InvitePage } from "./InvitePage.js";

export const route: Route = { path: "/invite", title: "You are invited", access: "anyone", page: InvitePage, inMenu: false };
