/** A menu as data; `MenuButton` opens it. */
export interface MenuItem {
  label: string;
  /** The chord that does the same. */
  keys?: string;
  /** Of a choice among several: whether this is the present one. */
  checked?: boolean;
  danger?: boolean;
  run: () => void;
}

export interface MenuGroup {
  /** Stands above the group; for choices it is also the group's name. */
  label?: string;
  items: MenuItem[];
}
