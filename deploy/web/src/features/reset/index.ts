import type { Route } from "../../app/route.js";
import { ResetPage } from "./ResetPage.js";

export const route: Route = { path: "/reset", title: "New password", access: "anyone", page: ResetPage, inMenu: false };
