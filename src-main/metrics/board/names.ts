/** A configuration's name: the method's title and, where it is told apart, its label. */
export function rowName(row: { readonly title: string; readonly label: string }): string {
  return nameParts(row).join('');
}

/** The title, and what tells rows of the same title apart, which has to stay in sight where there is no room for both. */
export function nameParts({
  title,
  label,
}: {
  readonly title: string;
  readonly label: string;
}): readonly [title: string, own: string] {
  return label === '' || label === title
    ? [title, '']
    : label.startsWith(title)
      ? [title, label.slice(title.length)]
      : [title, `, ${label}`];
}
