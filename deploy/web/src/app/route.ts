import type { ComponentType } from "react";

/** A page, as a feature's folder exports it. */
export interface Route {
  path: string;
  title: string;
  /** `guest` is for people who are not signed in, `member` for those who are, `anyone` for both. */
  access: "guest" | "member" | "anyone";
  /** The scope that a member must have. */
  scope?: string;
  page: ComponentType;
  /** Whether the links at the top have it. */
  inMenu: boolean;
}
