import type { Route } from "../../app/route.js";
import { RevertPage } from "./RevertPage.js";

export const route: Route = { path: "/revert", title: "Take the old address back", access: "anyone", page: RevertPage, inMenu: false };
